import type { Call, Parts } from './call.js';
import { type Denial, recordDenial } from './denial.js';
import type { Crossing, Refusal } from './ledger/ledger.js';
import type { Unasked, Verdict } from './ledger-guard/meter-ledger.js';
import type { Plan } from './plan.js';

type Told = Pick<Call, 'scope' | 'kind' | 'facts'>;

/** The denial that a verdict means for a call, told to everyone; `undefined` when it is admitted. */
export function tellDenial(parts: Parts, call: Told, plan: Plan, verdict: Verdict): Denial | undefined {
  const denial = denialOf(parts, call, plan, verdict);
  if (verdict.admitted !== undefined) tellCrossings(parts, plan, verdict.crossed);
  if (denial === undefined) return undefined;
  call.scope?.addDenial(denial);
  parts.counters.denied(true);
  parts.events.emit('denied', { ...denial, enforced: true });
  return denial;
}

const IMPOSSIBLE = {
  'no-upper-bound':
    'A strict budget denied a call whose cost has no known upper bound: it needs max_tokens, a text-only prompt, and a model with a price (rateCard)',
  'label-missing': "A budget with missing: 'refuse' denied a call in a scope without its label",
  'limit-unavailable': 'The limit of a plan could not be read, and no earlier value or fallbackUsd is known',
} as const;

function denialOf(parts: Parts, call: Told, plan: Plan, verdict: Verdict): Denial | undefined {
  if (plan.impossible !== undefined) {
    const { budget, why, cause } = plan.impossible;
    parts.events.emit('error', {
      problem: why,
      message: `${IMPOSSIBLE[why]} (budget "${budget}")`,
      operation: call.kind.operation,
      model: call.facts.model,
      cause,
    });
    const reason = why === 'limit-unavailable' ? 'ledger' : 'spent';
    return recordDenial({ ...common(parts, call), reason, budget, cause });
  }
  if (verdict.admitted === undefined) return recordDenial(unasked(parts, call, plan, verdict));
  return verdict.admitted ? undefined : recordDenial(refused(parts, call, plan, verdict.refusal));
}

/** The budget does not let a call pass while its ledger cannot be asked. */
function unasked(parts: Parts, call: Told, plan: Plan, { index, cause }: Unasked): Omit<Denial, 'id'> {
  const budget = plan.applying[index]?.budget.name ?? '';
  return { ...common(parts, call), reason: 'ledger', budget, cause };
}

function refused(parts: Parts, call: Told, plan: Plan, refusal: Refusal): Omit<Denial, 'id'> {
  const { budget, limit, window } = plan.applying[refusal.index] as Plan['applying'][number];
  const base = common(parts, call);
  const { settled, reserved, toppedUp } = refusal.balance;
  const waitMs = refusal.reason === 'held' ? 1_000 : window && window.end - base.at;
  return {
    ...base,
    reason: refusal.reason,
    budget: budget.name,
    ...(waitMs !== undefined && { retryAfterMs: waitMs }),
    amounts: { limit: limit + toppedUp, settled, reserved, estimate: plan.holds[refusal.index]?.amount ?? 0 },
  };
}

const common = ({ clock }: Parts, { kind, facts }: Told) => ({
  at: clock.now(),
  operation: kind.operation,
  ...(facts.model !== undefined && { model: facts.model }),
});

/** What observe mode, or a skipped budget, let go. */
export function tellObserved(parts: Parts, call: Call, plan: Plan, verdict: Verdict): void {
  if (!verdict.admitted) return;
  for (const refusal of verdict.exceeded) {
    parts.counters.denied(false);
    const denial = { id: call.id, ...refused(parts, call, plan, refusal) };
    const { budget } = plan.applying[refusal.index] as Plan['applying'][number];
    parts.observed.add(call, { budget, reason: refusal.reason, at: denial.at });
    parts.events.emit('denied', { ...denial, enforced: false });
  }
}

/** What was let go although the ledger could not be asked. */
export function tellUnasked(parts: Parts, call: Call, plan: Plan, verdict: Verdict): void {
  if (!verdict.admitted || !('unasked' in verdict)) return;
  parts.counters.admittedLocally();
  const budgets = plan.applying.filter(({ enforce }) => enforce).map(({ budget }) => budget.name);
  parts.events.emit('unasked', { ...common(parts, call), budgets, cause: verdict.unasked.cause });
}

/** Eden AI's own 402. */
export function tellCreditsExhausted(parts: Parts, call: Call): Denial {
  const denial = tellCircuitOpen(parts, call);
  parts.events.emit('credits', { denialId: denial.id, at: denial.at });
  parts.credits?.paymentRequired(call);
  return denial;
}

/** Eden AI has answered 402 to this key a moment ago: the call did not leave. */
export function tellCircuitOpen(parts: Parts, call: Told): Denial {
  const denial = recordDenial({ ...common(parts, call), reason: 'credits' });
  call.scope?.addDenial(denial);
  parts.counters.denied(true);
  parts.events.emit('denied', { ...denial, enforced: true });
  return denial;
}

export function tellCrossings(parts: Parts, plan: Plan, crossed: readonly Crossing[]): void {
  for (const { index, threshold, settled, limit } of crossed) {
    const budget = plan.applying[index]?.budget.name ?? '';
    parts.events.emit('threshold', { budget, threshold, settledNanos: settled, limitNanos: limit });
  }
}
