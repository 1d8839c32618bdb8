import type { Nanos } from '../money.js';
import type { Account } from './account-book.js';
import type { Expiring } from './expiry-heap.js';
import type { Hold, Rank, ReserveRequest, ReserveResult, Truth } from './ledger.js';

/** `expired`: what was held stands. `released`: nothing stands, and any settle is news. */
type State = 'open' | 'settled' | 'expired' | 'released';

/** What a reservation is by itself, for a book that keeps it outside of this process. */
export interface ReservationRecord {
  readonly id: string;
  readonly ttlMs: number;
  readonly expiresAt: number;
  readonly state: State;
  /** What was settled, how sure it is, and as of when. */
  readonly amount: Nanos;
  readonly rank: Rank;
  readonly at: number;
  /** For each hold. */
  readonly held: readonly Nanos[];
  readonly limits: readonly Nanos[];
  readonly answer: ReserveResult;
}

const STATES: readonly State[] = ['open', 'settled', 'expired', 'released'];
const RANKS: readonly Rank[] = ['expired', 'estimated', 'rated', 'reported'];
const ORDER: Readonly<Record<Rank, number>> = { expired: 0, estimated: 1, rated: 2, reported: 3 };
const NUMBERS = 5;

/**
 * One call's reservation and what became of it. It keeps no `AccountRef`: a finished reservation is remembered for
 * minutes, and must not keep a finished request's scope alive with it.
 */
export class Reservation implements Expiring {
  heapIndex = -1;
  expiresAt = 0;
  /** For {@link OpenReservations}. */
  next: Reservation | undefined = undefined;
  state: State = 'open';
  #amount: Nanos = 0;
  #rank = 0;
  #at = 0;

  /**
   * @param held for each hold, in nano-USD
   * @param limits for each hold, as of the reserve
   */
  private constructor(
    readonly id: string,
    public ttlMs: number,
    readonly accounts: readonly Account[],
    readonly held: readonly Nanos[],
    readonly limits: readonly Nanos[],
    readonly answer: ReserveResult,
  ) {}

  static open(
    { id, ttlMs, holds }: ReserveRequest,
    at: number,
    accounts: readonly Account[],
    answer: ReserveResult,
  ): Reservation {
    const held = new Array<Nanos>(holds.length);
    const limits = new Array<Nanos>(holds.length);
    for (let index = 0; index < holds.length; index++) {
      const { amount, limit, thresholds } = holds[index] as Hold;
      const account = accounts[index] as Account;
      account.reserved += amount;
      account.thresholds = thresholds;
      held[index] = amount;
      limits[index] = limit;
    }
    const reservation = new Reservation(id, ttlMs, accounts, held, limits, answer);
    reservation.expiresAt = at + ttlMs;
    return reservation;
  }

  /** One that {@link record} was taken of, on the same accounts. */
  static revive(record: ReservationRecord, accounts: readonly Account[]): Reservation {
    const { id, ttlMs, held, limits, answer } = record;
    const reservation = new Reservation(id, ttlMs, accounts, held, limits, answer);
    reservation.expiresAt = record.expiresAt;
    reservation.#stand(record.state, record.amount, ORDER[record.rank], record.at);
    return reservation;
  }

  get record(): ReservationRecord {
    const { id, ttlMs, expiresAt, state, held, limits, answer } = this;
    const standing = { state, amount: this.#amount, rank: RANKS[this.#rank] as Rank, at: this.#at };
    return { id, ttlMs, expiresAt, held, limits, answer, ...standing };
  }

  /** One that {@link write} wrote. */
  static read(row: readonly number[], id: string, accounts: readonly Account[], answer: ReserveResult): Reservation {
    const [ttlMs, state, amount, rank, at] = row as [number, number, number, number, number];
    const held = row.slice(NUMBERS, NUMBERS + accounts.length);
    const reservation = new Reservation(id, ttlMs, accounts, held, row.slice(NUMBERS + accounts.length), answer);
    reservation.#stand(STATES[state] as State, amount, rank, at);
    return reservation;
  }

  /** Writes all that must be remembered, but the id, the accounts and the answer, as numbers. */
  write(rows: Float64Array, start: number): void {
    rows[start] = this.ttlMs;
    rows[start + 1] = STATES.indexOf(this.state);
    rows[start + 2] = this.#amount;
    rows[start + 3] = this.#rank;
    rows[start + 4] = this.#at;
    const count = this.held.length;
    for (let index = 0; index < count; index++) {
      rows[start + NUMBERS + index] = this.held[index] as Nanos;
      rows[start + NUMBERS + count + index] = this.limits[index] as Nanos;
    }
  }

  static rowLength(accounts: number): number {
    return NUMBERS + 2 * accounts;
  }

  /** What stands, once something does. An expired reservation stands at each hold's own amount: the largest of them. */
  get previous(): Nanos | undefined {
    if (this.state === 'expired') return Math.max(0, ...this.held);
    return this.state === 'settled' ? this.#amount : undefined;
  }

  /** True when the truth is greater than what stands. */
  accepts({ rank, at }: Truth): boolean {
    if (this.state === 'open' || this.state === 'released') return true;
    return ORDER[rank] === this.#rank ? at > this.#at : ORDER[rank] > this.#rank;
  }

  /** Makes `amount` stand on every account. Returns for each by how much that raises what is spent beyond the limit. */
  settle(amount: Nanos, { rank, at }: Truth): readonly Nanos[] {
    const overruns = new Array<Nanos>(this.accounts.length);
    for (let index = 0; index < overruns.length; index++) overruns[index] = this.#book(index, amount);
    this.#stand('settled', amount, ORDER[rank], at);
    return overruns;
  }

  /** Makes what is held stand. */
  expire(): void {
    for (let index = 0; index < this.accounts.length; index++) this.#book(index, this.held[index] as Nanos);
    this.#stand('expired', 0, ORDER.expired, this.expiresAt);
  }

  /** Makes nothing stand: it was never sent. */
  release(): void {
    for (let index = 0; index < this.accounts.length; index++) this.#book(index, 0);
    this.#stand('released', 0, ORDER.expired, 0);
  }

  #stand(state: State, amount: Nanos, rank: number, at: number): void {
    this.state = state;
    this.#amount = amount;
    this.#rank = rank;
    this.#at = at;
  }

  #book(index: number, amount: Nanos): Nanos {
    const account = this.accounts[index] as Account;
    const held = this.held[index] as Nanos;
    const limit = (this.limits[index] as Nanos) + account.toppedUp;
    const before = Math.max(0, account.settled - limit);
    if (this.state === 'open') account.reserved -= held;
    account.settled += amount - (this.state === 'expired' ? held : this.#amount);
    return Math.max(0, account.settled - limit) - before;
  }
}
