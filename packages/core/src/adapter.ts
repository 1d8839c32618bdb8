import { createHash } from 'node:crypto';
import { awaitBudget } from './awaited-budgets.js';
import type { Budget, ResolvedBudget } from './budget/budget.js';
import { resolveBudget, resolveBudgets, sameBudget } from './budget/resolve-budget.js';
import { meterInProcess } from './create-meter.js';
import { OptionsError } from './errors.js';
import { warnOnce } from './log/warnings.js';
import type { Meter } from './meter.js';
import { METER_OPTIONS, type MeterOptions } from './options/options.js';
import { rejectUnknownKeys } from './options/unknown-keys.js';
import type { CostScope } from './scope/scope.js';

/** A budget of one route: its name is `METHOD template` unless it has one. */
export type RouteBudget = Omit<Budget<CostScope>, 'name'> & { name?: string };

/**
 * For adapters: what a further middleware of the same process adds. Everything but budgets is the meter's, and was set
 * when it was made.
 *
 * @throws {OptionsError} `ERR_COST_OPTIONS`
 */
export function resolveLayer(options: MeterOptions): readonly ResolvedBudget[] {
  rejectUnknownKeys(options, METER_OPTIONS, 'options');
  const ignored = Object.keys(options).filter((key) => key !== 'budgets');
  if (ignored.length > 0) {
    warnOnce(
      'WARN_COST_SECOND_METER',
      `A second Eden Cost middleware of this process has the options ${ignored.join(', ')}, which are without effect: ` +
        'there is one meter a process, and the first one set them. Give them there, or close that meter first.',
    );
  }
  return resolveBudgets(options.budgets ?? []);
}

/** A name has 128 characters at most, and paths may differ only after them. */
const shortened = (name: string): string =>
  name.length <= 120 ? name : `${name.slice(0, 103)} ${createHash('sha256').update(name).digest('hex').slice(0, 16)}`;

/** A route may bring two budgets: the second one gets a number. */
function freeName(meter: Meter, name: string, budget: ResolvedBudget): string {
  for (let number = 1; ; number++) {
    const candidate = `${shortened(name)}${number === 1 ? '' : ` #${number}`}`;
    const taken = meter.budgets().find((other) => other.name === candidate);
    if (taken === undefined || sameBudget(taken, { ...budget, name: candidate })) return candidate;
  }
}

/**
 * For adapters: the budget that a route names or brings, as a function of the name that it gets by default. A name is
 * checked at once when the meter is there, else as soon as it is.
 *
 * @throws {OptionsError} `ERR_COST_OPTIONS`
 */
export function routeBudget(
  budget: string | RouteBudget | undefined,
): (meter: Meter, name: string) => ResolvedBudget | undefined {
  if (budget === undefined) return () => undefined;
  if (typeof budget === 'string') {
    const present = meterInProcess();
    if (present === undefined) awaitBudget(budget);
    else present.budget(budget);
    return (meter) => meter.budget(budget);
  }
  if (typeof budget !== 'object' || budget === null) {
    throw new OptionsError("A route's budget must be a name, or a budget: { limitUsd: 0.5, window: 'hour' }");
  }
  const inline = resolveBudget({ name: 'route', ...budget }, 'budget');
  const named = new Map<string, ResolvedBudget>();
  return (meter, name) => {
    if (budget.name !== undefined) return inline;
    const known = named.get(name) ?? { ...inline, name: freeName(meter, name, inline) };
    named.set(name, known);
    return known;
  };
}
