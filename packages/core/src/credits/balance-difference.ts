import type { Nanos } from '../money.js';
import type { Missing } from './unconfirmed.js';

/** A balance is written to the cent at the coarsest. */
const ROUNDING: Nanos = 10_000_000;

/** A call in flight may turn out to have cost so many times what was expected of it. */
export const MOST_OVER = 10;

/** A read, and what was expected of it. */
export interface Expectation {
  readonly read: Nanos;
  readonly expected: Nanos;
  /** The read before. */
  readonly last: Nanos;
  readonly missing: Missing;
  /** The most that calls may have cost which the read may know of, and the expectation does not. */
  readonly inFlight: Nanos;
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
  /** Too much for no other reason than that amounts are rounded, or that charges were waited for in vain. */
  readonly excess: Nanos;
}

/**
 * Less than was expected was spent by others, or by calls in flight. More is a purchase if the balance is higher than at the
 * read before, or by whole refills. Else it is what was charged in doubt, and then what Eden AI has still to take: where two
 * explain it, the balance is the lower.
 */
export function explainDifference(expectation: Expectation): Difference {
  const { read, expected, missing } = expectation;
  const rise = read - expected;
  if (rise <= 0) return { bought: 0, unexplained: -rise, lagging: 0, excess: 0 };
  const bought = purchaseIn(rise, expectation);
  const rest = Math.max(0, rise - bought - missing.doubtful);
  const lagging = Math.min(rest, missing.lagging);
  return { bought, unexplained: Math.max(0, bought - rise), lagging, excess: rest - lagging };
}

/** Whole refills, if what is missing of one can have been spent by calls in flight, or what is too much is explained. */
function purchaseIn(rise: Nanos, { read, last, missing, inFlight, refill }: Expectation): Nanos {
  const isAboveLast = read > last + ROUNDING;
  if (refill !== undefined) {
    const rest = rise % refill;
    const whole = rise - rest;
    if (isAboveLast && refill - rest <= inFlight) return whole + refill;
    if (rest <= missing.doubtful + missing.lagging + missing.lacking + ROUNDING && whole > 0) return whole;
  }
  return isAboveLast ? rise : 0;
}
