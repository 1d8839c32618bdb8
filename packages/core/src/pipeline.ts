import { randomUUID } from 'node:crypto';
import type { Call, Parts } from './call.js';
import type { CallInfo } from './call-info.js';
import { CallOutcome } from './call-outcome.js';
import type { Operation } from './charge.js';
import type { Passage } from './credits/passage.js';
import { DENIAL_HEADER, type Denial, denialError } from './denial.js';
import { denialBody } from './edenai/errors.js';
import type { JsonObject } from './edenai/json-object.js';
import { worstCase } from './edenai/rates.js';
import { type RequestFacts, readRequest, requestFacts } from './edenai/request-body.js';
import { readBound } from './edenai/request-bound.js';
import { type Admission, ESTIMATE_HEADER, type OutgoingRequest } from './exchange.js';
import type { Verdict } from './ledger-guard/meter-ledger.js';
import { isPromise, type MaybePromise, then } from './maybe.js';
import { MeteredCall } from './metered-call.js';
import { estimateToNanos, type Nanos } from './money.js';
import { type Plan, planHolds } from './plan.js';
import { reserve } from './reserve.js';
import type { Scope } from './scope/scope.js';
import { tellCircuitOpen, tellDenial, tellObserved, tellUnasked } from './tell.js';

/**
 * The path of one call: what it is, what it may cost, whether that fits, and then either its way to Eden AI and back
 * to its price, or a 402. Whatever need not wait is done before this returns.
 */
export function meterCall(
  parts: Parts,
  request: OutgoingRequest,
  scope: Scope | undefined,
): MaybePromise<Admission | undefined> {
  return then(prices(parts), () => {
    const call = describe(parts, request, scope);
    const passage = parts.circuit.enter(call);
    if (passage === undefined) return refuse(call, tellCircuitOpen(parts, call));
    if (saysNoCost(call)) parts.rates.need();
    return unlessSent(passage, () =>
      then(planHolds(parts, call), (plan) =>
        then(reserve(parts, call, plan, request), (verdict) => {
          if (request.held.aborted && !verdict.admitted) return undefined; // it is no denial: nobody asks any more
          const denial = tellDenial(parts, call, plan, verdict);
          return denial === undefined ? send(parts, call, plan, verdict, passage) : refuse(call, denial);
        }),
      ),
    );
  });
}

/** A call that does not leave, whatever stops it, does not try for the others either. */
function unlessSent(
  passage: Passage,
  admit: () => MaybePromise<Admission | undefined>,
): MaybePromise<Admission | undefined> {
  const stopped = (cause: unknown): never => {
    passage.over('nothing');
    throw cause;
  };
  const decided = (admission: Admission | undefined) => {
    if (!admission?.admitted) passage.over('nothing');
    return admission;
  };
  try {
    const admission = admit();
    return isPromise(admission) ? admission.then(decided, stopped) : decided(admission);
  } catch (cause) {
    return stopped(cause);
  }
}

/** Only a strict budget waits for prices, at most as long as for room: without them it has to deny. */
function prices({ budgets, rates, clock, settings }: Parts): MaybePromise<void> {
  const loading = budgets.wantsRates ? rates.need() : undefined;
  if (loading === undefined || !budgets.needsRates) return undefined;
  return Promise.race([
    loading,
    new Promise<void>((resolve) => clock.after(settings.waitMs, resolve, { keepAlive: true })),
  ]);
}

/** A stream of messages counts its tokens alone: without a rate, nobody knows what it cost. */
const saysNoCost = ({ kind, facts }: Call): boolean => kind.operation === 'messages' && facts.stream;

function describe(parts: Parts, request: OutgoingRequest, scope: Scope | undefined): Call {
  const { kind, body } = request;
  const said = readRequest(body);
  const facts = requestFacts(said);
  return {
    id: scope?.nextCallId() ?? randomUUID(),
    startedAt: parts.clock.now(),
    request,
    kind,
    facts,
    info: new MatchedCall(request, kind.operation, facts),
    scope,
    draws: parts.settings.credits?.keys.drawOf(request.header) ?? 'yes',
    statedEstimate: statedEstimate(parts, request),
    worstCase: said && boundOf(parts, request, said, facts.model),
    learned: parts.learned.of(kind.operation, facts.model),
  };
}

/** Most apps have no `match`: the URL is made when one asks for it. */
class MatchedCall implements CallInfo {
  readonly method: string;
  readonly model?: string;
  readonly stream: boolean;
  readonly #request: OutgoingRequest;
  #url: URL | undefined;

  constructor(
    request: OutgoingRequest,
    readonly operation: Operation,
    { model, stream }: RequestFacts,
  ) {
    this.method = request.method;
    if (model !== undefined) this.model = model;
    this.stream = stream;
    this.#request = request;
  }

  get url(): URL {
    this.#url ??= new URL(this.#request.target, this.#request.origin);
    return this.#url;
  }
}

/** No more than a call can come to: a cost above that is not believed. */
function statedEstimate({ settings }: Parts, { header }: OutgoingRequest): Nanos | undefined {
  const usd = Number(header(ESTIMATE_HEADER) ?? Number.NaN);
  return Number.isFinite(usd) && usd >= 0 ? Math.min(estimateToNanos(usd), settings.maxCost) : undefined;
}

/** `max_tokens` may be any number: what allows more than a call can come to bounds nothing. */
function boundOf(
  { rates: { card }, settings }: Parts,
  { kind: { operation }, body }: OutgoingRequest,
  said: JsonObject,
  model: string | undefined,
): Nanos | undefined {
  if (card === undefined || model === undefined || body === undefined) return undefined;
  const most = worstCase(card, operation, model, readBound(operation, said, body));
  return most !== undefined && most <= settings.maxCost ? most : undefined;
}

function send(parts: Parts, call: Call, plan: Plan, verdict: Verdict, passage: Passage): Admission {
  tellObserved(parts, call, plan, verdict);
  tellUnasked(parts, call, plan, verdict);
  const { openCalls, streamUsage, settings } = parts;
  const open = openCalls.add(call.id, call.draws === 'no' ? 0 : plan.estimate, plan.holds.length > 0);
  const outcome = new CallOutcome(parts, call, plan, passage, open);
  const headers = parts.addedHeaders.of(call);
  return { admitted: true, exchange: new MeteredCall(call, streamUsage, settings.maxCost, outcome, headers) };
}

/** A 402 in the endpoint's own shape: SDKs make their own error of it at once, where a rejection would be tried again. */
function refuse(call: Call, denial: Denial): Admission {
  const { code, message } = denialError(denial);
  const body = Buffer.from(denialBody(call.kind.family, { code, message }).body);
  return {
    admitted: false,
    denial,
    reply: {
      status: 402,
      statusText: 'Payment Required',
      headers: {
        'content-type': 'application/json',
        'content-length': String(body.length),
        'x-should-retry': 'false',
        [DENIAL_HEADER]: denial.id,
      },
      body,
    },
  };
}
