import { askLedger, bookCharge } from './book-charge.js';
import type { Call, Parts } from './call.js';
import type { Charge } from './charge.js';
import { MISSING_COST } from './edenai/cost.js';
import { answerRate, rateUsage } from './edenai/rates.js';
import { isProvisional, succeeded } from './jobs/job-settlement.js';
import type { CallEnd } from './metered-call.js';
import type { Nanos } from './money.js';
import type { Plan } from './plan.js';
import { type Settlement, settlementOf } from './settlement.js';

type Settled = Extract<Settlement, { action: 'settle' }>;

/**
 * Prices a call by how it ended, books it, and tells.
 *
 * @returns whether Eden AI let it be paid from the credits, which are there then; a job is paid for later
 */
export function settleCall(parts: Parts, call: Call, plan: Plan, end: CallEnd): boolean {
  if (call.kind.poll !== undefined) {
    parts.jobs.poll(call.kind.poll.id, call, end);
    return false;
  }
  const isCached = parts.jobs.has(end.facts.id);
  if (parts.jobs.start(call, plan, end)) return !isCached && !end.facts.isByok;
  const { kind, status, facts } = end;
  const rated = ratedCost(parts, call, end);
  const cost = isProvisional(call, end) ? MISSING_COST : facts.cost;
  const { isByok, failed, usageIsEarly: ratedEarly } = facts;
  const settlement = settlementOf({ kind, status, cost, isByok, failed, rated, ratedEarly }, plan.estimate);
  if (settlement.action === 'release' || isFreeRead(call, settlement)) {
    release(parts, call, plan, end);
    return false;
  }
  if (settlement.problem !== undefined) tellProblem(parts, call, end, settlement);
  const charge = bookCharge(parts, call, plan, end, settlement);
  if (isLesson(charge, end)) parts.learned.add(call, charge.amount);
  return charge.amount > 0 && succeeded(end);
}

/** A cached answer is free, and says nothing of what the next call costs; nor do the tokens of one that broke off. */
const isLesson = ({ basis }: Charge, { kind }: CallEnd): boolean =>
  basis === 'reported' || (basis === 'rated' && kind === 'complete');

/** Reading a path that nothing is known of is a charge only if its answer says so. */
const isFreeRead = ({ request, kind }: Call, { problem }: Settled): boolean =>
  problem !== undefined && kind.operation === 'other' && request.method === 'GET';

function ratedCost({ rates: { card } }: Parts, call: Call, { facts }: CallEnd): Nanos | undefined {
  if (card === undefined || facts.usage === undefined) return undefined;
  const rate = answerRate(card, { asked: call.facts.model, answered: facts.model, provider: facts.provider });
  return rate && rateUsage(rate, facts.usage);
}

function release(parts: Parts, call: Call, plan: Plan, end: CallEnd): void {
  if (end.status < 200 || end.status > 299) {
    call.scope?.addFailure(call.facts.model);
    parts.counters.failed();
  }
  if (plan.holds.length > 0) askLedger(parts, () => parts.ledger.release(call.id, parts.clock.now()));
}

const WHY = {
  'cost-missing': 'said no cost, and no price is known for it',
  'cost-invalid': 'said a cost that is none',
  'cost-unknown': 'broke off before its cost was known',
} as const;

function tellProblem(parts: Parts, call: Call, { facts }: CallEnd, { problem }: Settled): void {
  if (problem === undefined) return;
  const said = facts.cost.kind === 'invalid' ? ` (${facts.cost.why})` : '';
  parts.events.emit('error', {
    problem,
    message: `An answer of ${call.kind.operation} ${WHY[problem]}${said}: its estimate was booked`,
    operation: call.kind.operation,
    model: call.facts.model,
  });
}
