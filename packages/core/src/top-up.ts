import { randomUUID } from 'node:crypto';
import { accountFor, LabelValues } from './budget/accounts.js';
import type { ResolvedBudget } from './budget/budget.js';
import { windowAt } from './budget/window.js';
import type { Parts } from './call.js';
import { OptionsError } from './errors.js';
import { costToNanos } from './money.js';

export interface TopUpNote {
  readonly actor: string;
  readonly reason: string;
}

const UNBOUNDED = new LabelValues(Number.POSITIVE_INFINITY, { overflow: () => {}, unlabelled: () => {} });

/** @throws {OptionsError} `ERR_COST_OPTIONS` */
export async function topUp(
  { budgets, clock, ledger }: Parts,
  name: string,
  value: string | undefined,
  usd: number,
  note: TopUpNote,
): Promise<void> {
  const budget = budgets.find(name);
  const amount = costToNanos(usd);
  if (amount === undefined) throw new OptionsError(`topUp() must add an amount in USD of at least 0, and not ${usd}`);
  if (!note?.actor || !note.reason) throw new OptionsError('topUp() needs a note: { actor, reason }');
  rejectWrongValue(budget, value);
  await budgets.ready();
  const { by, window, timeZone } = budget;
  const present = window === 'total' || window === 'request' ? undefined : windowAt(window, timeZone, clock.now());
  const labels = value === undefined ? {} : { [by[0] as string]: value };
  const account = accountFor(budget, labels, present, undefined, UNBOUNDED);
  if (account.kind === 'skip') return;
  await ledger.topUp(account.ref, {
    id: randomUUID(),
    at: clock.now(),
    amount,
    actor: note.actor,
    reason: note.reason,
  });
}

function rejectWrongValue({ name, by, window }: ResolvedBudget, value: string | undefined): void {
  if (window === 'request') throw new OptionsError(`Budget "${name}" ends with its request: it cannot be topped up`);
  if (by.length > 1)
    throw new OptionsError(`Budget "${name}" counts by ${by.join(' and ')}: only one label can be topped up`);
  if (by.length === 0 && value !== undefined) {
    throw new OptionsError(`Budget "${name}" has one account for all: topUp('${name}', undefined, ...)`);
  }
  if (by.length === 1 && !value)
    throw new OptionsError(`Budget "${name}" has an account for each ${by[0]}: say which one`);
}
