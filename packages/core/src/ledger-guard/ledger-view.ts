import type { AccountRef, ReserveResult, SettleResult } from '../ledger/ledger.js';
import type { LastSeen } from './last-seen.js';
import type { PlannedReserve } from './meter-ledger.js';

/** What this process knows of a ledger by its answers: what it has reserved there, and the balances. */
export class LedgerView {
  readonly #open = new Map<string, PlannedReserve>();

  constructor(readonly seen: LastSeen) {}

  /** What the ledger has reserved for this process, in case it is lost. */
  get open(): Iterable<PlannedReserve> {
    return this.#open.values();
  }

  isOpen(id: string): boolean {
    return this.#open.has(id);
  }

  reserved(request: PlannedReserve, result: ReserveResult): ReserveResult {
    const accounts = request.holds.map(({ account }) => account);
    if (!result.admitted) {
      const { index, balance } = result.refusal;
      this.seen.note([accounts[index] as AccountRef], [balance]);
      return result;
    }
    this.seen.note(accounts, result.balances);
    this.seen.processes = result.processes ?? this.seen.processes;
    if (!request.probe) this.#open.set(request.id, request);
    return result;
  }

  settled(id: string, result: SettleResult): SettleResult {
    const accounts = this.#open.get(id)?.holds.map(({ account }) => account);
    if (accounts !== undefined) this.seen.note(accounts, result.balances);
    this.#open.delete(id);
    return result;
  }

  released(id: string): void {
    this.#open.delete(id);
  }
}
