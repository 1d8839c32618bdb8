import { createHash } from 'node:crypto';
import type { AccountRef } from '../ledger/ledger.js';
import type { ResolvedBudget } from './budget.js';
import type { LabelValues } from './label-values.js';
import type { Window } from './window.js';

export { LabelValues } from './label-values.js';

/** `skip`: the budget does not count this scope; `refuse`: it denies it, for want of a label. */
export type AccountOrNot =
  | { readonly kind: 'account' | 'refuse'; readonly ref: AccountRef }
  | { readonly kind: 'skip' };

const PLAIN = /^[A-Za-z0-9_.@-]{1,128}$/;
const UNLABELLED = '~unlabelled';
const SKIP: AccountOrNot = { kind: 'skip' };

/**
 * The part of a key that stands for a label's value: `=` and the value where it is short and harmless, else `#` and half
 * of its SHA-256. No two values share one, and none is like the groups that begin with `~`.
 */
export const accountValue = (value: string): string =>
  PLAIN.test(value) ? `=${value}` : `#${createHash('sha256').update(value).digest('hex').slice(0, 32)}`;

/**
 * The account of a budget that a scope with these labels draws on, in this window: `name:unit:start:labels:values`.
 * A budget that is given another window or other labels begins anew: its balances are those of something else. The account of
 * a `request` budget belongs to its scope, whatever labels that gets later.
 *
 * @param window absent for `request` and `total`
 * @param owner the scope that it belongs to
 */
export function accountFor(
  budget: ResolvedBudget,
  labels: Readonly<Record<string, string>>,
  window: Window | undefined,
  owner: object | undefined,
  values: LabelValues,
): AccountOrNot {
  let value = '';
  let isMissing = false;
  for (const label of budget.by) {
    const text = textOf(labels, label);
    if (text === undefined) isMissing = true;
    else value += `${value === '' ? '' : ','}${accountValue(text)}`;
  }
  if (isMissing && budget.missing === 'skip') return SKIP;
  if (isMissing && budget.missing === 'group') values.unlabelled(budget.name);
  const kind = isMissing && budget.missing === 'refuse' ? 'refuse' : 'account';
  const whole = wholeKey(budget, window);
  if (budget.window === 'request') return owner === undefined ? SKIP : { kind, ref: { key: whole, owner } };
  if (budget.by.length === 0) return { kind, ref: refOf(whole, window) };
  const key = isMissing ? `${whole}:${UNLABELLED}` : values.keyOf(budget.name, window?.start ?? 0, value, whole);
  return { kind, ref: refOf(key, window) };
}

/** Of each budget, the part of its keys that the calls of one window share. */
const wholeKeys = new WeakMap<ResolvedBudget, { readonly window: Window | undefined; readonly key: string }>();

function wholeKey(budget: ResolvedBudget, window: Window | undefined): string {
  const latest = wholeKeys.get(budget);
  if (latest !== undefined && latest.window === window) return latest.key;
  const start = window === undefined ? '' : `:${new Date(window.start).toISOString()}`;
  const labels = budget.by.length === 0 ? '' : `:${budget.by.map(encodeURIComponent).join(',')}`;
  const key = `${encodeURIComponent(budget.name)}:${budget.window}${start}${labels}`;
  wholeKeys.set(budget, { window, key });
  return key;
}

/** A label may be called `__proto__` or `constructor`. */
function textOf(labels: Readonly<Record<string, string>>, label: string): string | undefined {
  return Object.hasOwn(labels, label) && labels[label] !== '' ? labels[label] : undefined;
}

const refOf = (key: string, window: Window | undefined): AccountRef =>
  window === undefined ? { key } : { key, endsAt: window.end };
