import { randomUUID } from 'node:crypto';
import type { Call, Parts } from './call.js';
import type { Basis, Charge } from './charge.js';
import type { AnswerMetadata } from './edenai/metadata.js';
import { OptionsError } from './errors.js';
import type { Rank, SettleResult } from './ledger/ledger.js';
import type { Booked } from './ledger-guard/meter-ledger.js';
import { isPromise, type MaybePromise } from './maybe.js';
import type { CallEnd } from './metered-call.js';
import type { Nanos } from './money.js';
import type { Plan } from './plan.js';
import { tellCrossings } from './tell.js';
import type { Writable } from './writable.js';

/** What a charge needs to know of its call. */
export type ChargedCall = Pick<Call, 'id' | 'kind' | 'facts' | 'scope' | 'draws' | 'startedAt'> & {
  /** Those of an incoming request that is remembered no longer than it lasts. */
  readonly labels?: Readonly<Record<string, string>>;
};

export interface Booking {
  readonly amount: Nanos;
  readonly basis: Basis;
  readonly rank: Rank;
  /** For a job: its reservation has an id of its own. */
  readonly job?: {
    readonly id: string;
    readonly reservation: string;
    /** The charge that this one corrects, and what that came to. */
    readonly corrects?: { readonly id: string; readonly amount: Nanos };
  };
}

const NOTHING_BOOKED: SettleResult = { applied: true, known: true, overruns: [], crossed: [] };

/** Settles a call's reservation, and makes its charge: in the scope at once, and as an event. */
export function bookCharge(parts: Parts, call: ChargedCall, plan: Plan, end: CallEnd, booking: Booking): Charge {
  const result = settleBooking(parts, call, plan, booking);
  if (!isPromise(result)) return tellCharge(parts, call, plan, end, booking, result);
  return tellAtOnce(parts, call, plan, end, booking, result);
}

/**
 * Makes the charge of what the ledger is being asked to settle: in the scope at once, and as an event with what it answers.
 *
 * @param result `undefined` for what somebody else has told
 */
export function tellAtOnce(
  parts: Parts,
  call: ChargedCall,
  plan: Plan,
  end: CallEnd,
  booking: Booking,
  result: Promise<Booked | undefined>,
): Charge {
  const charge = chargeOf(parts, call, plan, end, booking);
  call.scope?.addCharge(charge);
  parts.credits?.charged(charge, call, end);
  result.then((settled) => settled && announce(parts, call, plan, withOverrun(charge, settled), settled));
  return charge;
}

/** Tells the ledger alone. One that other processes share knows jobs also where no budget is for them. */
export function settleBooking(
  parts: Parts,
  call: ChargedCall,
  plan: Plan,
  { amount, rank, job }: Booking,
): MaybePromise<Booked> {
  const isHeld = plan.holds.length > 0;
  if (!isHeld && !(job && parts.ledger.shared)) return NOTHING_BOOKED;
  const truth = { rank, at: parts.clock.now() };
  const asked = askLedger(parts, () => parts.ledger.settle(job?.reservation ?? call.id, amount, truth));
  const booked = (result: Booked | undefined) =>
    result !== undefined && (isHeld || result.known) ? result : NOTHING_BOOKED;
  return isPromise(asked) ? asked.then(booked) : booked(asked);
}

/** Makes the charge of what the ledger has settled. */
export function tellCharge(
  parts: Parts,
  call: ChargedCall,
  plan: Plan,
  end: CallEnd,
  booking: Booking,
  result: Booked,
): Charge {
  const charge = withOverrun(chargeOf(parts, call, plan, end, booking), result);
  call.scope?.addCharge(charge);
  parts.credits?.charged(charge, call, end);
  announce(parts, call, plan, charge, result);
  return charge;
}

/** Makes the charge of a job that another process started: no name of a budget, no scope and no label is known here. */
export function tellForeignCharge(
  parts: Parts,
  call: ChargedCall,
  end: CallEnd,
  booking: Booking,
  overruns: SettleResult['overruns'],
): void {
  const plan: Plan = { applying: [], holds: [], estimate: 0 };
  const charge = withOverrun(chargeOf(parts, call, plan, end, booking), { ...NOTHING_BOOKED, overruns });
  parts.credits?.charged(charge, call, end);
  parts.counters.charge(charge, false);
  for (const amount of overruns) parts.counters.overrun(amount);
  parts.events.emit('charge', charge);
}

function announce(parts: Parts, call: ChargedCall, plan: Plan, charge: Charge, result: Booked): void {
  const isAttributed = (call.labels ?? call.scope) !== undefined;
  parts.counters.charge(charge, isAttributed);
  if (!isAttributed) parts.unattributed.charged(charge, parts.budgets.all);
  parts.events.emit('charge', charge);
  announceBalances(parts, plan, charge, result);
  result.later?.then((settled) => settled && announceBalances(parts, plan, charge, settled));
}

/** What a settlement did to the budgets: at once, or when the ledger has been told of it. */
function announceBalances(parts: Parts, plan: Plan, { id, operation }: Charge, result: SettleResult): void {
  if (!result.known) {
    const message = `The ledger no longer knew the reservation of a call that ended; its cost is not on any budget`;
    parts.events.emit('error', { problem: 'reservation-unknown', message, operation });
  }
  result.overruns.forEach((amount, index) => {
    if (amount === 0) return;
    parts.counters.overrun(amount);
    const budget = plan.applying[index]?.budget.name ?? '';
    parts.events.emit('overrun', { budget, amount, chargeId: id });
  });
  tellCrossings(parts, plan, result.crossed);
}

function withOverrun(charge: Charge, { overruns }: SettleResult): Charge {
  let overrun = 0;
  for (const amount of overruns) overrun = Math.max(overrun, amount);
  return overrun === charge.overrun ? charge : { ...charge, overrun };
}

function chargeOf(parts: Parts, call: ChargedCall, plan: Plan, { status, facts }: CallEnd, booking: Booking): Charge {
  const at = parts.clock.now();
  const { amount, basis, job } = booking;
  const { corrects } = job ?? {};
  const charge: Writable<Charge> = {
    id: corrects === undefined ? call.id : randomUUID(),
    at,
    durationMs: Math.max(0, at - call.startedAt),
    status,
    amount: amount - (corrects?.amount ?? 0),
    basis,
    operation: call.kind.operation,
    labels: call.labels ?? call.scope?.labels ?? {},
    budgets: plan.applying.map(({ budget }) => budget.name),
    late: call.scope?.finished ?? call.labels !== undefined,
    overrun: 0,
  };
  const { model = call.facts.model, metadata, provider = metadata?.provider, usage, cost } = facts;
  if (cost.kind !== 'missing') charge.rawCost = cost.raw;
  if (model !== undefined) charge.model = model;
  if (provider !== undefined) charge.provider = provider;
  if (usage !== undefined) charge.usage = { inputTokens: usage.inputTokens, outputTokens: usage.outputTokens };
  if (metadata !== undefined) sayMetadata(charge, metadata);
  if (job !== undefined) charge.jobId = job.id;
  if (corrects !== undefined) charge.corrects = corrects.id;
  return charge;
}

function sayMetadata(charge: Writable<Charge>, { region, attempts, isByok }: AnswerMetadata): void {
  if (region !== undefined) charge.region = region;
  if (attempts !== undefined) charge.attempts = attempts;
  charge.byok = isByok;
}

/** Asks the ledger; when it is not set up right, the call is not touched, and an event tells. */
export function askLedger<T>(parts: Parts, question: () => T | Promise<T>): MaybePromise<T | undefined> {
  try {
    const answer = question();
    return isPromise(answer) ? (answer as Promise<T>).catch((cause) => ledgerFailed(parts, cause)) : answer;
  } catch (cause) {
    return ledgerFailed(parts, cause);
  }
}

function ledgerFailed({ events }: Parts, cause: unknown): undefined {
  const message = `The ledger could not book a call${cause instanceof OptionsError ? `: ${cause.message}` : ''}`;
  events.emit('error', { problem: 'ledger', message, cause });
}
