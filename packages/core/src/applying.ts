import type { ResolvedBudget } from './budget/budget.js';
import type { Window } from './budget/window.js';
import type { AccountRef } from './ledger/ledger.js';
import type { Nanos } from './money.js';

/** A budget that applies to a call, its account, and its limit now. */
export interface Applying {
  readonly budget: ResolvedBudget;
  readonly account: AccountRef;
  readonly window: Window | undefined;
  readonly limit: Nanos;
  readonly enforce: boolean;
  /** Why it cannot admit anything, whatever its balance. */
  readonly impossible?: 'label-missing' | 'limit-unavailable';
  readonly cause?: unknown;
}
