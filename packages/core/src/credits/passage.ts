import type { Call } from '../call.js';
import type { RefusedKey } from './refused-key.js';

/** What paid for a call: `nothing` for one that failed, or was answered from the cache; `external`: a provider key of one's own. */
export type PaidBy = 'credits' | 'external' | 'nothing';

/** What the circuit is told of a call that it let pass. */
export interface Passage {
  /** The head of Eden AI's answer. */
  answered(status: number): void;
  /** It is over, however it ended, or it did not leave at all. */
  over(paidBy: PaidBy): void;
}

/** A call that was let pass. */
export interface Passed {
  readonly call: Call;
  /** What its key is known by among those in use. */
  readonly print: number;
  /** In the order in which calls came. */
  readonly number: number;
}

/** What becomes of the calls that were let pass. */
export interface PassageTaker {
  /** Eden AI answered 402. */
  refused(passed: Passed): void;
  /** A call that tried again is over. */
  probed(probed: readonly RefusedKey[], call: Call, paidBy: PaidBy): void;
  /** From the credits. */
  paid(passed: Passed): void;
  /** By a provider key of the account's own. */
  paidElsewhere(passed: Passed): void;
}

/** A call that was let pass; `probed`: to try whether its key is paid from again. */
export class Passing implements Passage {
  constructor(
    private readonly taker: PassageTaker,
    private readonly passed: Passed,
    private readonly probed: readonly RefusedKey[] = [],
  ) {}

  answered(status: number): void {
    if (status === 402) this.taker.refused(this.passed);
  }

  over(paidBy: PaidBy): void {
    const { taker, passed, probed } = this;
    if (probed.length > 0) taker.probed(probed, passed.call, paidBy);
    if (paidBy === 'credits') taker.paid(passed);
    if (paidBy === 'external') taker.paidElsewhere(passed);
  }
}
