import type { Clock } from '../clock.js';
import type { MaybePromise, ReserveResult } from '../ledger/ledger.js';
import { isPromise } from '../maybe.js';

const PAUSE = { first: 25, longest: 200 };

const isHeld = (result: ReserveResult): boolean => !result.admitted && result.refusal.reason === 'held';

/** For a ledger that cannot say when room comes free: asks again, at first soon, with jitter. */
export function waitForRoom(
  clock: Clock,
  waitMs: number,
  ask: () => MaybePromise<ReserveResult>,
  isGivenUp: () => boolean,
): MaybePromise<ReserveResult> {
  const again = async (left: number, pauseMs: number): Promise<ReserveResult> => {
    const pause = Math.min(left, pauseMs * (0.5 + Math.random()));
    await new Promise<void>((resolve) => clock.after(pause, resolve, { keepAlive: true }));
    const result = await ask();
    return goesOn(result, left - pause) ? again(left - pause, Math.min(PAUSE.longest, pauseMs * 2)) : result;
  };
  const goesOn = (result: ReserveResult, left: number) => isHeld(result) && left > 0 && !isGivenUp();
  const orAgain = (result: ReserveResult) => (goesOn(result, waitMs) ? again(waitMs, PAUSE.first) : result);
  const first = ask();
  return isPromise(first) ? first.then(orAgain) : orAgain(first);
}
