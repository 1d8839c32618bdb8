import type { Basis } from './charge.js';
import type { CostReading } from './edenai/cost.js';
import type { Rank } from './ledger/ledger.js';
import type { Nanos } from './money.js';

/** How a call came out. */
export interface Ending {
  /** `unsent`: surely no byte left. `lost`: no answer came. `cut`: an answer began and broke off. `complete`: it is all there. */
  readonly kind: 'unsent' | 'lost' | 'cut' | 'complete';
  /** 0 when no answer came. */
  readonly status: number;
  readonly cost: CostReading;
  /** The answer's tokens × the rate card, where both are known. */
  readonly rated: Nanos | undefined;
  /** The tokens were counted before the output was: `rated` is the least that it cost. */
  readonly ratedEarly?: boolean | undefined;
  /** The answer says that its provider failed. */
  readonly failed?: boolean | undefined;
  readonly isByok: boolean;
}

export type Settlement =
  | { readonly action: 'release' }
  | {
      readonly action: 'settle';
      readonly amount: Nanos;
      readonly basis: Basis;
      readonly rank: Rank;
      /** Why the amount is a guess, for the `error` event. */
      readonly problem?: 'cost-missing' | 'cost-invalid' | 'cost-unknown';
    };

/** Answers after which a provider may have worked, and billed, although the gateway gave up on it. */
const TIMED_OUT = new Set([504, 524]);

const succeeded = ({ status }: Ending) => status >= 200 && status < 300;
const billable = (ending: Ending) => ending.kind === 'lost' || succeeded(ending) || TIMED_OUT.has(ending.status);

interface Row {
  readonly when: (ending: Ending) => boolean;
  readonly settle: (ending: Ending, estimate: Nanos) => Settlement;
}

/** What a call is settled at: the first row that fits. Each way out of the settlement table in docs/how-it-works.md is one row. */
const TABLE: readonly Row[] = [
  { when: ({ kind }) => kind === 'unsent', settle: () => ({ action: 'release' }) },
  {
    when: (ending) => ending.isByok && (ending.cost.kind === 'amount' || billable(ending)),
    settle: () => ({ action: 'settle', amount: 0, basis: 'external', rank: 'reported' }),
  },
  {
    when: ({ cost }) => cost.kind === 'amount',
    settle: ({ cost }) => {
      const amount = cost.kind === 'amount' ? cost.nanos : 0;
      return { action: 'settle', amount, basis: amount === 0 ? 'free' : 'reported', rank: 'reported' };
    },
  },
  { when: (ending) => !billable(ending), settle: () => ({ action: 'release' }) },
  {
    when: (ending) => ending.failed === true && ending.cost.kind === 'missing' && succeeded(ending),
    settle: () => ({ action: 'settle', amount: 0, basis: 'free', rank: 'reported' }),
  },
  {
    when: ({ cost }) => cost.kind === 'invalid',
    settle: (_, estimate) => ({
      action: 'settle',
      amount: estimate,
      basis: 'estimated',
      rank: 'estimated',
      problem: 'cost-invalid',
    }),
  },
  {
    when: ({ rated, ratedEarly = false }) => rated !== undefined && ratedEarly,
    settle: ({ rated = 0 }, estimate) => ({
      action: 'settle',
      amount: Math.max(estimate, rated),
      basis: 'estimated',
      rank: 'estimated',
      problem: 'cost-unknown',
    }),
  },
  {
    when: ({ rated }) => rated !== undefined,
    settle: ({ rated = 0 }) => ({ action: 'settle', amount: rated, basis: 'rated', rank: 'rated' }),
  },
  {
    when: () => true,
    settle: (ending, estimate) => ({
      action: 'settle',
      amount: estimate,
      basis: 'estimated',
      rank: 'estimated',
      problem: ending.kind === 'complete' && succeeded(ending) ? 'cost-missing' : 'cost-unknown',
    }),
  },
];

/** @param estimate what is booked when nothing better is known, in nanos */
export function settlementOf(ending: Ending, estimate: Nanos): Settlement {
  const row = TABLE.find(({ when }) => when(ending)) as Row;
  return row.settle(ending, estimate);
}
