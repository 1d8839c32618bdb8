import type { Clock } from '../clock.js';
import type { Balance, MaybePromise, ReserveResult, Truth } from '../ledger/ledger.js';
import { MemoryLedger } from '../ledger/memory-ledger.js';
import { then } from '../maybe.js';
import type { Nanos } from '../money.js';
import type { LastSeen } from './last-seen.js';
import { localHold } from './local-hold.js';
import type { PlannedHold, PlannedReserve, Verdict } from './meter-ledger.js';

const NOTHING: Balance = { settled: 0, reserved: 0, toppedUp: 0 };

/** Decides in this process's memory while the ledger cannot be asked. What it admitted counts here until that knows of it. */
export class LocalAdmission {
  #ledger: MemoryLedger | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly seen: LastSeen,
  ) {}

  decide(request: PlannedReserve, waitMs: number, cause: unknown): MaybePromise<Verdict> {
    const refusing = request.holds.findIndex(({ enforce, onLedgerError }) => enforce && onLedgerError === 'refuse');
    if (refusing >= 0) return { admitted: undefined, index: refusing, cause };
    this.#ledger ??= new MemoryLedger({ clock: this.clock });
    const holds = request.holds.map((hold) => localHold(hold, this.seen.of(hold.account), this.seen.processes));
    return then(this.#ledger.reserveOrWait({ ...request, holds }, waitMs), (result) =>
      this.#verdict(request, result, cause),
    );
  }

  #verdict({ holds }: PlannedReserve, result: ReserveResult, cause: unknown): Verdict {
    if (result.admitted) return result;
    const { index, reason, balance: here } = result.refusal;
    const { account, limit, amount } = holds[index] as PlannedHold;
    const seen = this.seen.of(account) ?? NOTHING;
    const { toppedUp } = seen;
    const balance = { settled: seen.settled + here.settled, reserved: seen.reserved + here.reserved, toppedUp };
    const isShareSpent = reason === 'spent' && limit + toppedUp - balance.settled >= amount;
    return isShareSpent ? { admitted: undefined, index, cause } : { ...result, refusal: { index, reason, balance } };
  }

  settle(id: string, amount: Nanos, truth: Truth): void {
    this.#ledger?.settle(id, amount, truth);
  }

  release(id: string, at: number): void {
    this.#ledger?.release(id, at);
  }

  extend(ids: readonly string[], ttlMs: number, at: number): void {
    this.#ledger?.extend(ids, ttlMs, at);
  }

  /** The ledger knows of everything. Whoever waits for room here is answered, to ask there. */
  forget(): void {
    this.#ledger?.close();
    this.#ledger = undefined;
  }
}
