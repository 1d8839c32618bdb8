import type { Call, Parts } from './call.js';
import type { Held } from './exchange.js';
import type { PlannedReserve, Verdict } from './ledger-guard/meter-ledger.js';
import { isPromise, type MaybePromise } from './maybe.js';
import type { Plan } from './plan.js';

const NOTHING_TO_HOLD: Verdict = { admitted: true, exceeded: [], crossed: [] };

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
  const request: PlannedReserve = {
    id: call.id,
    at: clock.now(),
    ttlMs: settings.reservationTtlMs,
    holds: plan.holds,
    ...(probe && { probe }),
  };
  if (probe) return ledger.reserve(request);
  const verdict = ledger.reserveOrWait(request, settings.waitMs, () => held?.aborted ?? false);
  if (isPromise(verdict)) held?.onAbort(() => giveUp(parts, call.id));
  return verdict;
}

/** A call that is aborted does not go on waiting for room in others' way. */
function giveUp({ ledger, clock }: Parts, id: string): void {
  Promise.resolve()
    .then(() => ledger.release(id, clock.now()))
    .catch(() => {});
}
