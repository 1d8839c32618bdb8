import type { Nanos } from '../money.js';
import type { Missing } from './unconfirmed.js';

/** A balance is written to the cent at the coarsest. */
export const ROUNDING: Nanos = 10_000_000;

/** A read, and what was expected of it. */
export interface Expectation {
  readonly read: Nanos;
  readonly expected: Nanos;
  /** The read before. */
  readonly last: Nanos;
  readonly missing: Missing;
  /** What a refill brings, where that is known. */
  readonly refill: Nanos | undefined;
}

/** How a read that differs from what was expected is understood. */
export interface Difference {
  readonly bought: Nanos;
  /** Spent, and not by a charge that has settled here. */
  readonly unexplained: Nanos;
  /** Charged here, and not taken there yet. */
  readonly lagging: Nanos;
  /** Too much for no reason but that amounts are rounded. */
  readonly rounding: Nanos;
}

/**
 * Less than was expected was spent by others, or by calls in flight. More is a purchase if nothing else explains it: no
 * charge in doubt, none that Eden AI has still to take, no rounding. A balance that is higher than before is one in any case.
 */
export function explainDifference(expectation: Expectation): Difference {
  const { read, expected, last, missing, refill } = expectation;
  const rise = read - expected;
  if (rise <= 0) return { bought: 0, unexplained: -rise, lagging: 0, rounding: 0 };
  const isAboveLast = read > last + ROUNDING;
  const lagging = isAboveLast ? 0 : missing.lagging;
  const slack = missing.doubtful + lagging + ROUNDING;
  const isPurchase = isAboveLast || rise > slack || (refill !== undefined && rise >= refill);
  const bought = isPurchase ? purchaseIn(rise, slack, refill) : 0;
  const rest = Math.max(0, rise - bought - missing.doubtful);
  const late = Math.min(rest, lagging);
  return { bought, unexplained: Math.max(0, bought - rise), lagging: late, rounding: rest - late };
}

/** Of whole refills: what is missing of one was spent, most likely by calls in flight. */
function purchaseIn(rise: Nanos, slack: Nanos, refill: Nanos | undefined): Nanos {
  if (refill === undefined) return rise;
  const whole = Math.floor(rise / refill) * refill;
  return whole > 0 && rise - whole <= slack ? whole : whole + refill;
}
