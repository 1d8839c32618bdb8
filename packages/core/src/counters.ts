import type { Charge } from './charge.js';
import type { Nanos } from './money.js';
import { Tally } from './scope/tally.js';

/** What a meter did since it started. Amounts are integer nano-USD. */
export interface Snapshot {
  readonly startedAt: number;
  readonly calls: number;
  readonly failedCalls: number;
  readonly deniedCalls: number;
  /** Calls that were admitted while the ledger could not be asked. */
  readonly localCalls: number;
  /** Reservations and settlements that wait for a ledger that cannot be asked. */
  readonly keptForLedger: number;
  /** Denials that observe mode let go. */
  readonly observedDenials: number;
  readonly unpricedCalls: number;
  readonly costNanos: Nanos;
  /** The part of `costNanos` that was spent outside any scope. */
  readonly unattributedNanos: Nanos;
  /** Spend beyond limits, summed over all budgets. */
  readonly overrunNanos: Nanos;
  readonly callsInFlight: number;
}

export class Counters {
  readonly #all = new Tally();
  #unattributed: Nanos = 0;
  #observed = 0;
  #local = 0;
  #overrun: Nanos = 0;

  constructor(private readonly startedAt: number) {}

  charge(charge: Charge, attributed: boolean): void {
    this.#all.amounts(charge);
    if (!attributed) this.#unattributed += charge.amount;
  }

  pending(): void {
    this.#all.pending(undefined);
  }

  failed(): void {
    this.#all.failed(undefined);
  }

  denied(enforced: boolean): void {
    if (enforced) this.#all.denied(undefined);
    else this.#observed += 1;
  }

  admittedLocally(): void {
    this.#local += 1;
  }

  overrun(amount: Nanos): void {
    this.#overrun += amount;
  }

  snapshot(callsInFlight: number, keptForLedger: number): Snapshot {
    const { calls, failedCalls, deniedCalls, unpricedCalls, nanos } = this.#all;
    return {
      startedAt: this.startedAt,
      calls,
      failedCalls,
      deniedCalls,
      localCalls: this.#local,
      keptForLedger,
      observedDenials: this.#observed,
      unpricedCalls,
      costNanos: nanos,
      unattributedNanos: this.#unattributed,
      overrunNanos: this.#overrun,
      callsInFlight,
    };
  }
}
