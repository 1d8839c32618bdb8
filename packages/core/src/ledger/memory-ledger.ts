import { type Clock, systemClock } from '../clock.js';
import type { Nanos } from '../money.js';
import { type Account, AccountBook, EMPTY_BALANCE } from './account-book.js';
import { judge } from './admission.js';
import { checkAmount, checkHolds } from './check-amount.js';
import { ExpiryHeap } from './expiry-heap.js';
import { FinishedReservations } from './finished-reservations.js';
import { hashOf } from './id-index.js';
import type {
  AccountRef,
  Balance,
  Crossing,
  Hold,
  Ledger,
  MaybePromise,
  ReserveRequest,
  ReserveResult,
  SettleResult,
  TopUp,
  Truth,
} from './ledger.js';
import { OpenReservations } from './open-reservations.js';
import { Reservation } from './reservation.js';
import { markReached, markSpent, NO_CROSSINGS } from './thresholds.js';
import { WaitingRoom } from './waiting-room.js';

/** What a ledger in memory can be told. */
export interface MemoryLedgerOptions {
  /** Only waiting needs it: every other request says what time it is. Default: the system's. */
  readonly clock?: Clock;
  /**
   * How many finished reservations are remembered for replays and corrections, at about 0.2 kB each. They are kept for
   * ten minutes (or their ttl, if longer); beyond this number the oldest go early. Default 100,000.
   */
  readonly maxFinished?: number;
}

/**
 * A ledger in this process's memory: exact, and all its answers but waiting are there at once. Other processes do not
 * see its balances, and they are gone when the process ends.
 */
export const memoryLedger = (options: MemoryLedgerOptions = {}): MemoryLedger => new MemoryLedger(options);

/** See {@link memoryLedger}. */
export class MemoryLedger implements Ledger {
  readonly name = 'memory';
  readonly shared = false;
  readonly durable = false;
  readonly #accounts = new AccountBook();
  readonly #open = new OpenReservations();
  readonly #expiring = new ExpiryHeap<Reservation>();
  readonly #finished: FinishedReservations;
  readonly #waiting: WaitingRoom;

  constructor({ clock = systemClock, maxFinished = 100_000 }: MemoryLedgerOptions) {
    this.#finished = new FinishedReservations(maxFinished);
    this.#waiting = new WaitingRoom(clock, {
      sweep: (at) => this.#sweep(at),
      decide: (request, at) => this.#decide(request, at),
    });
  }

  reserve(request: ReserveRequest): ReserveResult {
    checkHolds(request);
    this.#sweep(request.at);
    return this.#decide(request, request.at);
  }

  /**
   * Who waits for room on an account is served in the order of arrival, whatever the amounts: while somebody waits
   * there, a call that comes later queues behind them even if it would fit, so that a stream of small calls cannot
   * starve a large one. At its time-out each is tried once more, out of turn: none is refused that would fit.
   */
  reserveOrWait(request: ReserveRequest, waitMs: number): MaybePromise<ReserveResult> {
    if (!(waitMs > 0) || request.probe) return this.reserve(request);
    checkHolds(request);
    this.#sweep(request.at);
    if (this.#waiting.isEmpty || this.#find(request.id) !== undefined) {
      const result = this.#decide(request, request.at);
      if (result.admitted || result.refusal.reason === 'spent') return result;
      return this.#waiting.wait(request, waitMs, result, this.#accounts.openAll(request.holds, request.at));
    }
    const accounts = this.#accounts.openAll(request.holds, request.at);
    const judged = judge(request.holds, accounts);
    const refused = judged.admitted ? this.#waiting.queueAhead(request.holds, accounts) : judged;
    if (refused === undefined || refused.admitted || refused.refusal.reason === 'spent') {
      return this.#decide(request, request.at);
    }
    return this.#waiting.wait(request, waitMs, refused, accounts);
  }

  settle(id: string, amount: Nanos, truth: Truth): SettleResult {
    checkAmount(amount);
    this.#sweep(truth.at);
    const record = this.#find(id);
    if (record === undefined) return { applied: false, known: false, overruns: [], crossed: NO_CROSSINGS };
    const { previous } = record;
    if (!record.accepts(truth)) {
      return { applied: false, known: true, previous, overruns: record.accounts.map(() => 0), crossed: NO_CROSSINGS };
    }
    const overruns = record.settle(amount, truth);
    this.#finish(record, truth.at);
    const crossed: Crossing[] = [];
    for (let index = 0; index < record.accounts.length; index++) {
      markReached(record.accounts[index] as Account, index, record.limits[index] as Nanos, crossed);
    }
    this.#changed(record, truth.at);
    return { applied: true, known: true, previous, overruns, crossed };
  }

  /** A release that comes after the expiry takes back what the expiry charged; one that comes after a settle does nothing. */
  release(id: string, at: number): boolean {
    this.#sweep(at);
    if (!this.#waiting.isEmpty) this.#waiting.leave(id, at);
    const record = this.#find(id);
    if (record === undefined || (record.state !== 'open' && record.state !== 'expired')) return false;
    record.release();
    this.#finish(record, at);
    this.#changed(record, at);
    return record.held.some((amount) => amount !== 0);
  }

  extend(ids: readonly string[], ttlMs: number, at: number): void {
    this.#sweep(at);
    for (const id of ids) {
      const record = this.#open.find(id, hashOf(id));
      if (record === undefined) continue;
      record.ttlMs = ttlMs;
      this.#expiring.move(record, at + ttlMs);
    }
  }

  balances(accounts: readonly AccountRef[], at: number): readonly Balance[] {
    this.#sweep(at);
    return accounts.map((account) => this.#accounts.find(account)?.balance ?? EMPTY_BALANCE);
  }

  topUp(ref: AccountRef, note: TopUp): void {
    if (!Number.isSafeInteger(note.amount)) throw new RangeError('A top-up must be a whole number of nano-USD');
    this.#sweep(note.at);
    const account = this.#accounts.open(ref, note.at);
    if (account.topUp(note)) this.#waiting.serve(account, note.at);
  }

  topUps(ref: AccountRef, at: number): readonly TopUp[] {
    this.#sweep(at);
    return this.#accounts.find(ref)?.notes ?? [];
  }

  /** Answers everyone who waits with their refusal, and lets nobody wait any more. */
  close(): void {
    this.#waiting.close();
  }

  /** Whether they had to wait or not: known ids keep their first answer, all others are judged by the balances. */
  #decide(request: ReserveRequest, at: number): ReserveResult {
    const known = request.probe ? undefined : this.#find(request.id);
    if (known !== undefined) return known.answer;
    const accounts = this.#accounts.openAll(request.holds, at);
    const result = judge(request.holds, accounts);
    if (request.probe) return result;
    if (result.admitted) {
      const record = Reservation.open(request, at, accounts, result);
      this.#open.add(record);
      this.#expiring.add(record);
      return result;
    }
    const { index, reason } = result.refusal;
    if (reason === 'held') return result;
    const { limit, thresholds } = request.holds[index] as Hold;
    const account = accounts[index] as Account;
    account.thresholds = thresholds;
    return { ...result, crossed: markSpent(account, index, limit) };
  }

  /**
   * Settles what has expired. Thresholds that this reaches are not marked here, as the caller is another call: the next
   * settle on the account reports them.
   */
  #sweep(at: number): void {
    for (let first = this.#expiring.earliest; first && first.expiresAt <= at; first = this.#expiring.earliest) {
      first.expire();
      this.#finish(first, at);
      this.#changed(first, at);
    }
  }

  #finish(record: Reservation, at: number): void {
    const hash = hashOf(record.id);
    this.#open.remove(record, hash);
    this.#expiring.remove(record);
    this.#finished.add(record, hash, at);
  }

  #find(id: string): Reservation | undefined {
    const hash = hashOf(id);
    return this.#open.find(id, hash) ?? this.#finished.find(id, hash);
  }

  #changed(record: Reservation, at: number): void {
    if (this.#waiting.isEmpty) return;
    for (const account of record.accounts) this.#waiting.serve(account, at);
  }
}
