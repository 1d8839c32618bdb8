import { randomUUID } from 'node:crypto';
import type { Applying } from './applying.js';
import type { Parts } from './call.js';
import type { CallInfo } from './call-info.js';
import { denialError } from './denial.js';
import { classify } from './edenai/classify.js';
import { NO_FACTS } from './edenai/request-body.js';
import { OptionsError } from './errors.js';
import { estimateToNanos, nanosToUsd } from './money.js';
import { planOf } from './plan.js';
import { reserve } from './reserve.js';
import { LabelsError } from './scope/labels.js';
import type { CheckOptions, Remaining, Scope, ScopeMeter } from './scope/scope.js';
import { tellCircuitOpen, tellDenial } from './tell.js';

/** What a call that is still to come is taken for. */
const USUAL_CALL = classify('POST', '/v3/chat/completions');

/** The same, for `match` functions: a budget for images does not deny a chat that is still to come. */
const USUAL_INFO: CallInfo = {
  operation: USUAL_CALL.operation,
  method: 'POST',
  url: new URL('https://api.edenai.run/v3/chat/completions'),
  stream: true,
};

/** What a scope of this meter can ask for. */
export const scopeMeter = (parts: Parts): ScopeMeter => ({
  check: (scope, options) => checkBudgets(parts, scope, options),
  remaining: (scope, budget) => remainingBudgets(parts, scope, budget),
  refresh: (scope) => parts.limits.forget(scope, [...parts.budgets.root, ...scope.budgets]),
  labelsFailed: (cause) =>
    parts.events.emit('error', {
      problem: 'labels',
      message: `${cause instanceof LabelsError ? cause.message : 'The labels function failed'}: its labels are missing`,
      cause,
    }),
});

/** Denies, as a call would be, when the credits are used up, or a budget that applies has no room for one more. Holds nothing. */
async function checkBudgets(parts: Parts, scope: Scope, options: CheckOptions): Promise<void> {
  const { budget, estimateUsd } = options;
  if (estimateUsd !== undefined && !(estimateUsd >= 0 && Number.isFinite(estimateUsd))) {
    throw new OptionsError(`check({ estimateUsd }) must be an amount in USD of at least 0, and is ${estimateUsd}`);
  }
  const call = {
    id: randomUUID(),
    scope,
    kind: USUAL_CALL,
    facts: NO_FACTS,
    statedEstimate:
      estimateUsd === undefined ? undefined : Math.min(estimateToNanos(estimateUsd), parts.settings.maxCost),
    worstCase: undefined,
    toCome: true,
    learned: parts.learned.of(USUAL_CALL.operation, undefined),
  };
  const { circuit, credits } = parts;
  const isExhausted = () => credits?.state === 'exhausted';
  if (circuit.deniesNext(isExhausted())) throw denialError(tellCircuitOpen(parts, call), scope.status);
  const plan = planOf(call, await parts.budgets.applying(scope, USUAL_INFO, budget));
  const denial = tellDenial(parts, call, plan, await reserve(parts, call, plan, { probe: true }));
  if (denial !== undefined) throw denialError(denial, scope.status);
  if (!circuit.letsNextBy(isExhausted())) throw denialError(tellCircuitOpen(parts, call), scope.status);
}

/** What is left, read from the balances that the next call is held against. */
async function remainingBudgets(parts: Parts, scope: Scope, budget?: string): Promise<Remaining[]> {
  const applying = await parts.budgets.applying(scope, undefined, budget);
  const accounts = applying.map(({ account }) => account);
  const balances = await parts.ledger.balances(accounts, parts.clock.now());
  return applying.map((one, index) => remainingOf(one, balances[index] ?? { settled: 0, reserved: 0, toppedUp: 0 }));
}

function remainingOf(
  { budget, limit, window }: Applying,
  { settled, reserved, toppedUp }: { settled: number; reserved: number; toppedUp: number },
): Remaining {
  return {
    budget: budget.name,
    remainingUsd: nanosToUsd(Math.max(0, limit + toppedUp - settled - reserved)),
    heldUsd: nanosToUsd(reserved),
    ...(window && { resetsAt: new Date(window.end) }),
  };
}
