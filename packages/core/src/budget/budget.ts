import type { CallInfo } from '../call-info.js';
import type { Nanos } from '../money.js';
import type { ScopeView } from './scope-view.js';
import type { CalendarUnit } from './window.js';

/** How long a budget's amounts count: one request (or job run), a calendar window, or for good. */
export type BudgetWindow = 'request' | CalendarUnit | 'total';

/** How much may be spent in which window, and by whom. All budgets that apply to a call must have room for it. */
export interface Budget<Scope extends ScopeView = ScopeView> {
  /** Names it in code, logs, errors and the ledger's keys: a new name starts at nothing spent. Up to 128 characters. */
  name: string;
  /**
   * In USD, at least 0. `Infinity`: no limit, and still booked. A function is asked for the plan of a scope, at most once
   * a minute for each set of labels.
   */
  limitUsd: number | ((scope: Scope) => number | Promise<number>);
  /** In USD: used when `limitUsd()` fails and no earlier value is known. Without it such a call is refused with 503. */
  fallbackUsd?: number;
  /** When it starts again. Weeks begin on Monday; `total` never ends. */
  window: BudgetWindow;
  /**
   * IANA name of the zone whose calendar counts. Default `UTC`. The budgets of Eden AI's own keys start again at midnight
   * in Paris: `Europe/Paris`.
   */
  timeZone?: string;
  /** Labels: each (combination of) value has an account of its own. Default: one account for all. */
  by?: string | readonly string[];
  /**
   * When a label of `by` is missing in a scope. `group` (default): these share the account `unlabelled`. `skip`: the
   * budget does not apply. `refuse`: the call is denied. Calls outside any scope never draw on a budget with `by`.
   */
  missing?: 'group' | 'skip' | 'refuse';
  /** Which calls it is for. Default: all. */
  match?: (call: CallInfo, scope: Scope | undefined) => boolean;
  /** `named`: it applies only where a route names it. Default `all`. */
  routes?: 'all' | 'named';
  /** True: a route that skips all budgets does not skip this one. Default false. */
  mandatory?: boolean;
  /**
   * True: only calls with a known upper bound are admitted, and none while the ledger cannot be asked (unless `onLedgerError`
   * says otherwise), so it cannot be exceeded. Default false.
   */
  strict?: boolean;
  /** In USD: what one call holds until its cost is known. Default: from the request, the model and earlier calls. */
  estimateUsd?: number;
  /** `observe`: never denies, and tells what it would have denied. Default `enforce`. */
  mode?: 'enforce' | 'observe';
  /** Fractions of the limit, above 0 and up to 10, that raise an event once a window. Default `[0.5, 0.8, 1]`. */
  thresholds?: readonly number[];
  /**
   * While the ledger cannot be asked. `local` (default): this process admits its share of a tenth of the limit, and no more
   * than was left when it was last seen. `refuse` (default of a `strict` budget): calls are denied, 503. `allow`: they pass.
   */
  onLedgerError?: 'local' | 'refuse' | 'allow';
}

/** A budget, checked and complete; amounts in nano-USD. */
export interface ResolvedBudget {
  readonly name: string;
  /** A function still answers in USD. */
  readonly limit: Nanos | ((scope: ScopeView) => number | Promise<number>);
  readonly fallback: Nanos | undefined;
  readonly window: BudgetWindow;
  readonly timeZone: string;
  readonly by: readonly string[];
  readonly missing: 'group' | 'skip' | 'refuse';
  readonly match: ((call: CallInfo, scope: ScopeView | undefined) => boolean) | undefined;
  readonly routes: 'all' | 'named';
  readonly mandatory: boolean;
  readonly strict: boolean;
  readonly estimate: Nanos | undefined;
  readonly mode: 'enforce' | 'observe';
  /** Ascending, without repeats. */
  readonly thresholds: readonly number[];
  readonly onLedgerError: 'local' | 'refuse' | 'allow';
}
