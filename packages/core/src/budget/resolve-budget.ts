import { isDeepStrictEqual } from 'node:util';
import { OptionsError } from '../errors.js';
import { estimateToNanos, limitToNanos } from '../money.js';
import { rejectUnknownKeys } from '../options/unknown-keys.js';
import type { Budget, ResolvedBudget } from './budget.js';
import { type Check, flag, func, labels, limit, oneOf, optional, text, thresholds, usd, zone } from './checks.js';

const CHECKS: Readonly<Record<keyof Budget, Check>> = {
  name: text(128),
  limitUsd: limit,
  fallbackUsd: optional(usd('Infinity for no limit')),
  window: oneOf('request', 'hour', 'day', 'week', 'month', 'total'),
  timeZone: optional(zone),
  by: optional(labels),
  missing: optional(oneOf('group', 'skip', 'refuse')),
  match: optional(func),
  routes: optional(oneOf('all', 'named')),
  mandatory: optional(flag),
  strict: optional(flag),
  estimateUsd: optional(usd()),
  mode: optional(oneOf('enforce', 'observe')),
  thresholds: optional(thresholds),
  onLedgerError: optional(oneOf('local', 'refuse', 'allow')),
};

const EXAMPLE = "{ name: 'tenant-daily', limitUsd: 5, window: 'day', by: 'tenant' }";
const UTC = /^(Etc\/)?(UTC|GMT|UCT|Zulu|Universal|Greenwich)$/i;
const OPTIONS = Object.keys(CHECKS);
const WITHOUT_CALENDAR: readonly unknown[] = ['request', 'total'];

/**
 * Checks a budget and fills in its defaults.
 *
 * @param path where it stands in the options, such as `budgets[2]`
 * @throws {OptionsError} `ERR_COST_OPTIONS` that says what is wrong, where, and what would be right
 */
export function resolveBudget(budget: unknown, path: string): ResolvedBudget {
  checkBudget(budget, path);
  const { limitUsd, fallbackUsd, estimateUsd } = budget;
  return Object.freeze({
    name: budget.name,
    limit: typeof limitUsd === 'function' ? limitUsd : limitToNanos(limitUsd),
    fallback: fallbackUsd === undefined ? undefined : limitToNanos(fallbackUsd),
    window: budget.window,
    timeZone: canonicalZone(budget.timeZone ?? 'UTC'),
    by: [budget.by ?? []].flat(),
    missing: budget.missing ?? 'group',
    match: budget.match,
    routes: budget.routes ?? 'all',
    mandatory: budget.mandatory ?? false,
    strict: budget.strict ?? false,
    estimate: estimateUsd === undefined ? undefined : estimateToNanos(estimateUsd),
    mode: budget.mode ?? 'enforce',
    thresholds: [...new Set(budget.thresholds ?? [0.5, 0.8, 1])].sort((a, b) => a - b),
    onLedgerError: budget.onLedgerError ?? (budget.strict ? 'refuse' : 'local'),
  });
}

/**
 * Checks a list of budgets, whose names must differ.
 *
 * @throws {OptionsError} `ERR_COST_OPTIONS`
 */
export function resolveBudgets(budgets: unknown, path = 'options.budgets'): ResolvedBudget[] {
  if (!Array.isArray(budgets)) throw new OptionsError(`${path} must be an array of budgets: [${EXAMPLE}]`);
  const resolved = Array.from(budgets, (budget, index) => resolveBudget(budget, `${path}[${index}]`));
  const seen = new Map<string, number>();
  for (const [index, { name }] of resolved.entries()) {
    const first = seen.get(name);
    if (first !== undefined) {
      throw new OptionsError(
        `${path}[${index}].name ${JSON.stringify(name)} is also the name of ${path}[${first}]; give each budget a name of its own`,
      );
    }
    seen.set(name, index);
  }
  return resolved;
}

/** True when two budgets say the same. Functions are the same when they are one. */
export const sameBudget = (a: ResolvedBudget, b: ResolvedBudget): boolean => isDeepStrictEqual(a, b);

function checkBudget(budget: unknown, path: string): asserts budget is Budget {
  if (typeof budget !== 'object' || budget === null || Array.isArray(budget)) {
    throw new OptionsError(`${path} must be a budget: ${EXAMPLE}`);
  }
  rejectUnknownKeys(budget, OPTIONS, path);
  const given = budget as Readonly<Record<string, unknown>>;
  for (const [option, check] of Object.entries(CHECKS)) {
    const problem = check(given[option]);
    if (problem !== undefined) throw new OptionsError(`${path}.${option}${named(given, option)} ${problem}`);
  }
  if (given.timeZone !== undefined && WITHOUT_CALENDAR.includes(given.window)) {
    throw new OptionsError(
      `${path}.timeZone${named(given, 'timeZone')} has no effect on a "${given.window}" window; leave it out, or make the window "hour", "day", "week" or "month"`,
    );
  }
}

/** An index alone is hard to find in a long list. */
const named = ({ name }: Readonly<Record<string, unknown>>, option: string): string =>
  typeof name === 'string' && option !== 'name' ? ` (budget ${JSON.stringify(name)})` : '';

/** `Etc/UTC`, `utc` and the like need no `Temporal`. */
function canonicalZone(timeZone: string): string {
  const known = new Intl.DateTimeFormat('en', { timeZone }).resolvedOptions().timeZone;
  return UTC.test(known) ? 'UTC' : known;
}
