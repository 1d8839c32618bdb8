import type { Applying } from './applying.js';
import type { ResolvedBudget } from './budget/budget.js';
import type { Call, Parts } from './call.js';
import { OPERATION_ESTIMATES } from './edenai/operation-estimates.js';
import type { PlannedHold } from './ledger-guard/meter-ledger.js';
import { type MaybePromise, then } from './maybe.js';
import type { Nanos } from './money.js';

/** What a call sets aside, and where. */
export interface Plan {
  readonly applying: readonly Applying[];
  /** One for each of `applying`. */
  readonly holds: readonly PlannedHold[];
  /** What is booked when the call's cost stays unknown. */
  readonly estimate: Nanos;
  /** A budget that cannot admit the call whatever its balance. */
  readonly impossible?: {
    readonly budget: string;
    readonly why: 'no-upper-bound' | 'label-missing' | 'limit-unavailable';
    readonly cause?: unknown;
  };
}

/** What the estimates of a plan are made from. A `check` has no call yet, only its usual kind. */
export type Estimated = Pick<Call, 'kind' | 'statedEstimate' | 'worstCase' | 'learned'> & {
  /** True for a `check`: whether the call itself has an upper bound is not known yet. */
  readonly toCome?: boolean;
};

const NOTHING: Plan = { applying: [], holds: [], estimate: 0 };

/** Reading a path that nothing is known of most likely costs nothing: it is booked if it did, and not denied. */
const isRead = ({ kind, request }: Call): boolean => kind.operation === 'other' && request.method === 'GET';

const unheld = ({ applying, holds }: Plan): Plan => ({
  applying,
  holds: holds.map((hold) => ({ ...hold, amount: 0, enforce: false })),
  estimate: 0,
});

/** The accounts that a call draws on, and how much it holds on each. */
export function planHolds(parts: Parts, call: Call): MaybePromise<Plan> {
  if (call.kind.poll !== undefined) return NOTHING; // reading a job is free, and never denied
  return then(parts.budgets.applying(call.scope, call.info), (applying) => {
    const plan = planOf(call, applying);
    return isRead(call) ? unheld(plan) : plan;
  });
}

export function planOf(call: Estimated, applying: readonly Applying[]): Plan {
  let smallest = Number.POSITIVE_INFINITY;
  for (const { enforce, limit } of applying) if (enforce) smallest = Math.min(smallest, limit);
  const guess = tableEstimate(call, smallest);
  let estimate = applying.length === 0 ? estimateOf(call, guess) : 0;
  const holds: PlannedHold[] = [];
  for (const { budget, account, limit, enforce } of applying) {
    const { thresholds, onLedgerError } = budget;
    const amount = holdFor(budget, call, guess);
    estimate = Math.max(estimate, amount);
    holds.push({ account, limit, enforce, thresholds, onLedgerError, amount });
  }
  const impossible = impossibleIn(call, applying);
  return impossible === undefined ? { applying, holds, estimate } : { applying, holds, estimate, impossible };
}

function impossibleIn(call: Estimated, applying: readonly Applying[]): Plan['impossible'] {
  for (const { budget, enforce, impossible, cause } of applying) {
    if (!enforce) continue;
    const why =
      impossible ?? (budget.strict && call.worstCase === undefined && !call.toCome ? 'no-upper-bound' : undefined);
    if (why !== undefined) return { budget: budget.name, why, cause };
  }
  return undefined;
}

/** At least one nano: a hold of nothing would be admitted to an account that is spent to the last nano. */
function holdFor(budget: ResolvedBudget, call: Estimated, guess: Nanos): Nanos {
  const estimate = call.statedEstimate ?? budget.estimate ?? estimateOf(call, guess);
  return Math.max(1, budget.strict ? Math.max(estimate, call.worstCase ?? 0) : estimate);
}

/**
 * What a call is taken to cost, as far as that does not depend on the budget. Most calls stay far below their worst case,
 * and some are allowed far less than the others of their kind: the lower of the two is nearer.
 */
const estimateOf = ({ statedEstimate, worstCase, learned }: Estimated, guess: Nanos): Nanos => {
  if (statedEstimate !== undefined) return statedEstimate;
  if (worstCase === undefined || learned === undefined) return worstCase ?? learned ?? guess;
  return Math.min(worstCase, learned);
};

/**
 * The operation's usual cost, but never more than a quarter of the smallest limit: a small budget would refuse its first
 * call, and never learn.
 */
function tableEstimate(call: Estimated, smallestLimit: Nanos): Nanos {
  return Math.min(OPERATION_ESTIMATES[call.kind.operation], Math.floor(smallestLimit / 4));
}
