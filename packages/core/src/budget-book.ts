import type { Applying } from './applying.js';
import { accountFor, type LabelValues } from './budget/accounts.js';
import type { ResolvedBudget } from './budget/budget.js';
import { LimitUnavailable, type PlanLimits } from './budget/plan-limits.js';
import { sameBudget } from './budget/resolve-budget.js';
import { prepareTimeZones, windowAt } from './budget/window.js';
import type { CallInfo } from './call-info.js';
import type { Clock } from './clock.js';
import { OptionsError } from './errors.js';
import { isPromise, type MaybePromise, then } from './maybe.js';
import type { Nanos } from './money.js';
import { nearest } from './options/nearest.js';
import type { Scope } from './scope/scope.js';
import type { Writable } from './writable.js';

export interface BookTools {
  readonly clock: Clock;
  readonly limits: PlanLimits;
  readonly values: LabelValues;
  /** True: nothing is enforced (observe mode). */
  readonly observe: boolean;
  readonly matchFailed: (budget: string, cause: unknown) => void;
  /** A budget is known from now on. */
  readonly added?: (budget: ResolvedBudget) => void;
}

type Unlimited = Writable<Applying>;

const withLimit = (applying: Unlimited, limit: Nanos): Applying => {
  applying.limit = limit;
  return applying;
};

function withoutLimit(applying: Unlimited, cause: unknown): Applying {
  if (!(cause instanceof LimitUnavailable)) throw cause;
  return { ...applying, impossible: 'limit-unavailable', cause };
}

const NO_LABELS = Object.freeze({});

/** All budgets of a meter, and which of them apply to a call. */
export class BudgetBook {
  readonly #byName = new Map<string, ResolvedBudget>();
  #timeZones: MaybePromise<void> = undefined;
  #wantsRates = false;
  #needsRates = false;

  /** @param root the meter's own budgets: they apply in every scope, and (without `by`) outside of any */
  constructor(
    readonly root: readonly ResolvedBudget[],
    private readonly tools: BookTools,
  ) {
    for (const budget of root) this.add(budget);
  }

  get all(): readonly ResolvedBudget[] {
    return [...this.#byName.values()];
  }

  get names(): string[] {
    return [...this.#byName.keys()];
  }

  /** True when the rate card would make a better estimate than the table. */
  get wantsRates(): boolean {
    return this.#wantsRates;
  }

  /** True when a call without a price cannot be admitted. */
  get needsRates(): boolean {
    return this.#needsRates;
  }

  /** Takes in a budget of a router or a route. */
  add(budget: ResolvedBudget): ResolvedBudget {
    const present = this.#byName.get(budget.name);
    if (present !== undefined && !sameBudget(present, budget)) {
      throw new OptionsError(
        `There are two different budgets with the name "${budget.name}": give one another name. For another app in the same process (in tests), first close the meter of the one before: await meter.close()`,
      );
    }
    if (present !== undefined) return present;
    this.#byName.set(budget.name, budget);
    this.#needsRates ||= budget.strict;
    this.#wantsRates ||= budget.strict || budget.estimate === undefined;
    this.tools.added?.(budget);
    if (budget.timeZone !== 'UTC') this.#prepareTimeZones();
    return budget;
  }

  #prepareTimeZones(): void {
    const ready = prepareTimeZones();
    if (!isPromise(ready)) return;
    this.#timeZones = ready.then(() => {
      this.#timeZones = undefined;
    });
  }

  /** Resolves when windows in time zones can be computed. */
  ready(): MaybePromise<void> {
    return this.#timeZones;
  }

  /** @throws {OptionsError} naming the nearest budget */
  find(name: string): ResolvedBudget {
    const budget = this.#byName.get(name);
    if (budget !== undefined) return budget;
    const near = nearest(name, this.names);
    const known = this.names.map((one) => `"${one}"`).join(', ') || 'none';
    throw new OptionsError(
      `No budget is called "${name}"${near === undefined ? '' : `; did you mean "${near}"?`} (budgets: ${known})`,
    );
  }

  /** The budgets that apply to a call; `info` is absent when there is none yet (`check`, `remaining`). */
  applying(scope: Scope | undefined, info?: CallInfo, only?: string): MaybePromise<Applying[]> {
    const budgets = only === undefined ? this.#matching(scope, info) : [this.find(only)];
    if (budgets.length === 0) return [];
    return then(this.#timeZones, () => this.#accounts(budgets, scope));
  }

  #matching(scope: Scope | undefined, info: CallInfo | undefined): ResolvedBudget[] {
    if (scope === undefined) {
      return this.root.filter(
        (budget) =>
          budget.by.length === 0 &&
          budget.routes === 'all' &&
          budget.window !== 'request' &&
          this.#matches(budget, info, undefined),
      );
    }
    const known = scope.budgets.length === 0 ? this.root : [...new Set([...this.root, ...scope.budgets])];
    return known.filter(
      (budget) => (budget.routes === 'all' || scope.named.has(budget.name)) && this.#matches(budget, info, scope),
    );
  }

  #matches({ name, match }: ResolvedBudget, info: CallInfo | undefined, scope: Scope | undefined): boolean {
    if (match === undefined || info === undefined) return true;
    try {
      const matches: unknown = match(info, scope);
      if (isPromise(matches)) {
        matches.then(undefined, (cause) => this.tools.matchFailed(name, cause)); // uncaught, it would end the process
        throw new TypeError('match() must answer at once, and returned a promise');
      }
      return Boolean(matches);
    } catch (cause) {
      this.tools.matchFailed(name, cause);
      return true;
    }
  }

  #accounts(budgets: readonly ResolvedBudget[], scope: Scope | undefined): MaybePromise<Applying[]> {
    const now = this.tools.clock.now();
    const labels = scope?.labels ?? NO_LABELS;
    const found: MaybePromise<Applying>[] = [];
    let waits = false;
    for (const budget of budgets) {
      const applying = this.#account(budget, scope, labels, now);
      if (applying === undefined) continue;
      waits ||= isPromise(applying);
      found.push(applying);
    }
    return waits ? Promise.all(found) : (found as Applying[]);
  }

  #account(
    budget: ResolvedBudget,
    scope: Scope | undefined,
    labels: Readonly<Record<string, string>>,
    now: number,
  ): MaybePromise<Applying> | undefined {
    const window =
      budget.window === 'request' || budget.window === 'total'
        ? undefined
        : windowAt(budget.window, budget.timeZone, now);
    const account = accountFor(budget, labels, window, scope?.owner, this.tools.values);
    if (account.kind === 'skip') return undefined;
    const applying = { budget, window, account: account.ref, limit: 0, enforce: this.#enforces(budget, scope) };
    if (account.kind === 'refuse') return { ...applying, impossible: 'label-missing' };
    try {
      const limit = this.tools.limits.limitFor(budget, scope);
      return isPromise(limit)
        ? limit.then(
            (amount) => withLimit(applying, amount),
            (cause) => withoutLimit(applying, cause),
          )
        : withLimit(applying, limit);
    } catch (cause) {
      return withoutLimit(applying, cause);
    }
  }

  #enforces(budget: ResolvedBudget, scope: Scope | undefined): boolean {
    if (this.tools.observe || budget.mode === 'observe') return false;
    if (scope === undefined) return true;
    return !scope.skipped.has(budget.name) && (!scope.skipsAll || budget.mandatory);
  }
}
