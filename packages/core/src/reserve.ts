import type { Call, Parts } from './call.js';
import type { Clock } from './clock.js';
import type { Held } from './exchange.js';
import type { Ledger, ReserveRequest, ReserveResult } from './ledger/ledger.js';
import { isPromise, type MaybePromise } from './maybe.js';
import type { Plan } from './plan.js';

/** How a reserve came out: the ledger's answer, or that it gave none. */
export type Verdict = ReserveResult | { readonly admitted: undefined; readonly cause: unknown };

/** A ledger that has not answered by then counts as down. */
const DEADLINE_MS = 250;

const NOTHING_TO_HOLD: ReserveResult = { admitted: true, exceeded: [], crossed: [] };

/** Sets a plan's holds aside, all or none; waits a little for room that only calls in flight take up. */
export function reserve(
  parts: Parts,
  call: Pick<Call, 'id'>,
  plan: Plan,
  { probe = false, held }: { probe?: boolean; held?: Held } = {},
): MaybePromise<Verdict> {
  // a hold that no call settles would expire, and be charged
  if (plan.holds.length === 0 || plan.impossible !== undefined) return NOTHING_TO_HOLD;
  const { ledger, clock, settings } = parts;
  const request: ReserveRequest = {
    id: call.id,
    at: clock.now(),
    ttlMs: settings.reservationTtlMs,
    holds: plan.holds,
    ...(probe && { probe }),
  };
  try {
    const result =
      ledger.reserveOrWait && !probe
        ? ledger.reserveOrWait(request, settings.waitMs)
        : retryWhileHeld(parts, request, settings.waitMs, held);
    if (!isPromise(result)) return result;
    if (held !== undefined && ledger.reserveOrWait) held.onAbort(() => giveUp(parts, call.id));
    return withinWait(clock, result, DEADLINE_MS + settings.waitMs).catch((cause) => {
      giveBackLate(parts, call.id, result);
      return { admitted: undefined, cause };
    });
  } catch (cause) {
    return { admitted: undefined, cause };
  }
}

/** For a ledger that cannot say when room comes free: asks again, at first soon, with jitter. */
function retryWhileHeld(
  parts: Parts,
  request: ReserveRequest,
  waitMs: number,
  held: Held | undefined,
): MaybePromise<ReserveResult> {
  const first = parts.ledger.reserve(request);
  const goOn = (result: ReserveResult) =>
    isHeld(result) && !held?.aborted ? again(parts, request, waitMs, 25, held) : result;
  return isPromise(first) ? withDeadline(first, DEADLINE_MS).then(goOn) : goOn(first);
}

async function again(
  parts: Parts,
  request: ReserveRequest,
  waitMs: number,
  pauseMs: number,
  held: Held | undefined,
): Promise<ReserveResult> {
  const { ledger, clock } = parts;
  const pause = Math.min(waitMs, pauseMs * (0.5 + Math.random()));
  await new Promise<void>((resolve) => clock.after(pause, resolve, { keepAlive: true }));
  const result = await withDeadline(
    Promise.resolve((ledger as Ledger).reserve({ ...request, at: clock.now() })),
    DEADLINE_MS,
  );
  const left = waitMs - pause;
  const goesOn = isHeld(result) && left > 0 && !held?.aborted;
  return goesOn ? again(parts, request, left, Math.min(200, pauseMs * 2), held) : result;
}

/** Nobody waits for it any more: what a slow ledger still sets aside would expire, and be charged. */
function giveBackLate({ ledger, clock }: Parts, id: string, late: Promise<ReserveResult>): void {
  late.then(({ admitted }) => admitted && ledger.release(id, clock.now())).catch(() => {});
}

/** A call that is aborted does not go on waiting for room in others' way. */
function giveUp({ ledger, clock }: Parts, id: string): void {
  Promise.resolve()
    .then(() => ledger.release(id, clock.now()))
    .catch(() => {});
}

const noAnswer = (ms: number): Error => new Error(`The ledger did not answer within ${ms} ms`);

const isHeld = (result: ReserveResult): boolean => !result.admitted && result.refusal.reason === 'held';

/** The wait as a whole goes by the meter's clock: while a test keeps that still, a ledger in which calls wait is not down. */
function withinWait<T>(clock: Clock, promise: Promise<T>, ms: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = clock.after(ms, () => reject(noAnswer(ms)), { keepAlive: true });
    promise.then(resolve, reject).finally(() => timer.cancel());
  });
}

/** The ledger's own clients may hang on a frozen server: this timer is the system's, whatever clock the meter has. */
function withDeadline<T>(promise: Promise<T>, ms: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(noAnswer(ms)), ms);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
