import { findDenial } from '@eden-cost/core';

/** What becomes of a job that threw. */
export type Verdict =
  | { readonly kind: 'failed' }
  /** Eden AI's own 402: no job can go on, whichever tenant's it is. */
  | { readonly kind: 'pause' }
  | { readonly kind: 'later'; readonly ms: number };

/**
 * `findDenial` knows the openai client's own error and that of a plain fetch; `isBudgetExceeded` and
 * `isCreditsExhausted` only the latter, where no adapter of a framework translates.
 */
export function verdictOn(error: unknown): Verdict {
  const denial = findDenial(error);
  if (denial?.reason === 'credits') return { kind: 'pause' };
  // a tenant's day that is spent: until midnight; held by calls in flight: a second; one job's own budget: never
  return denial?.retryAfterMs === undefined ? { kind: 'failed' } : { kind: 'later', ms: denial.retryAfterMs };
}
