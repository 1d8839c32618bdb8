import type { AccountRef, FinishedReservation, ReserveResult, SettleResult, Truth } from '../ledger/ledger.js';
import type { Nanos } from '../money.js';
import type { LastSeen } from './last-seen.js';
import type { PlannedReserve } from './meter-ledger.js';

/** Of how many reservations it is remembered what they came to. A call is seldom in flight for longer than they take. */
const MOST_FINISHED = 10_000;
const NOTHING: Truth = { rank: 'expired', at: 0 };

/** What this process knows of a ledger by its answers: what it has reserved there, what became of it, and the balances. */
export class LedgerView {
  readonly #open = new Map<string, PlannedReserve>();
  readonly #finished = new Map<string, FinishedReservation>();

  constructor(readonly seen: LastSeen) {}

  /** What the ledger has reserved for this process, in case it is lost. */
  get open(): Iterable<PlannedReserve> {
    return this.#open.values();
  }

  /** The latest that are finished, in case the ledger goes back to a state in which they were not. */
  get finished(): FinishedReservation[] {
    return [...this.#finished.values()];
  }

  isOpen(id: string): boolean {
    return this.#open.has(id);
  }

  /** @param asked the turn of {@link seen} when it was asked */
  reserved(request: PlannedReserve, result: ReserveResult, asked: number): ReserveResult {
    const accounts = request.holds.map(({ account }) => account);
    if (!result.admitted) {
      const { index, balance } = result.refusal;
      this.seen.note([accounts[index] as AccountRef], [balance], asked);
      return result;
    }
    this.seen.note(accounts, result.balances, asked);
    this.seen.processes = result.processes ?? this.seen.processes;
    if (!request.probe) this.#open.set(request.id, request);
    return result;
  }

  /** @param asked the turn of {@link seen} when it was asked */
  settled(id: string, result: SettleResult, amount: Nanos, truth: Truth, asked: number): SettleResult {
    const accounts = this.#open.get(id)?.holds.map(({ account }) => account);
    if (accounts !== undefined) this.seen.note(accounts, result.balances, asked);
    this.#open.delete(id);
    if (result.applied || !this.#finished.has(id)) this.#finish({ id, amount, truth });
    return result;
  }

  released(id: string): void {
    this.#open.delete(id);
    this.#finish({ id, amount: 0, truth: NOTHING });
  }

  /** The ledger cannot be told what became of it. */
  forget(id: string): void {
    this.#open.delete(id);
  }

  #finish(finished: FinishedReservation): void {
    this.#finished.delete(finished.id);
    this.#finished.set(finished.id, finished);
    if (this.#finished.size > MOST_FINISHED) this.#finished.delete(this.#finished.keys().next().value as string);
  }
}
