import { randomUUID } from 'node:crypto';
import { type AccountOrNot, accountFor, accountValue, LabelValues } from './budget/accounts.js';
import type { ResolvedBudget } from './budget/budget.js';
import { type Window, windowAt } from './budget/window.js';
import type { Parts } from './call.js';
import { OptionsError } from './errors.js';
import type { AccountRef, TopUp } from './ledger/ledger.js';
import { costToNanos, type Nanos, nanosToUsd } from './money.js';

export interface TopUpNote {
  readonly actor: string;
  readonly reason: string;
  /** Names the top-up, so that one that is repeated counts once. Default: one that is new. */
  readonly id?: string;
}

/** A value that is topped up has an account of its own. */
const unbounded = () => new LabelValues(Number.POSITIVE_INFINITY, { overflow: () => {}, unlabelled: () => {} });

/**
 * @throws {OptionsError} `ERR_COST_OPTIONS`
 * @throws {LedgerUnavailableError} `ERR_COST_LEDGER_UNAVAILABLE`
 */
export async function topUp(
  parts: Parts,
  name: string,
  value: string | undefined,
  usd: number,
  note: TopUpNote,
): Promise<void> {
  const budget = parts.budgets.find(name);
  const amount = costToNanos(usd);
  if (amount === undefined) throw new OptionsError(`topUp() must add an amount in USD of at least 0, and not ${usd}`);
  const { actor, reason, id = randomUUID() } = note ?? {};
  if (![actor, reason, id].every(isText)) {
    throw new OptionsError(
      'topUp() needs a note { actor, reason }, or { actor, reason, id }: each of them a text that is not empty',
    );
  }
  const { account, window } = await presentAccount(parts, budget, value);
  await rejectTooMuch(parts, account, amount);
  await parts.ledger.topUp(account, { id, at: parts.clock.now(), amount, actor, reason });
  if (value !== undefined) parts.values.keep(budget.name, window?.start ?? 0, accountValue(value), account.key);
}

/** Beyond 2^53 nano-USD, sums are not exact, and a ledger in a file could not read the account any more. */
async function rejectTooMuch({ ledger, clock }: Parts, account: AccountRef, amount: Nanos): Promise<void> {
  const [balance] = await ledger.balances([account], clock.now());
  const sum = (balance?.toppedUp ?? 0) + amount;
  if (Number.isSafeInteger(sum)) return;
  throw new OptionsError(
    `topUp() can raise an account by ${nanosToUsd(Number.MAX_SAFE_INTEGER)} USD in all, and this would make it ${nanosToUsd(sum)} USD. For no limit, let limitUsd be Infinity`,
  );
}

const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';

/** @throws {OptionsError} `ERR_COST_OPTIONS` */
export async function topUpsOf(parts: Parts, name: string, value: string | undefined): Promise<readonly TopUp[]> {
  const { ledger, clock } = parts;
  const { account } = await presentAccount(parts, parts.budgets.find(name), value);
  if (ledger.topUps === undefined) {
    throw new OptionsError(`topUps() needs a ledger that can read them back, and "${ledger.name}" has no topUps()`);
  }
  return ledger.topUps(account, clock.now());
}

/** The account of a label's value in the present window. */
async function presentAccount(
  { budgets, clock }: Parts,
  budget: ResolvedBudget,
  value: string | undefined,
): Promise<{ readonly account: AccountRef; readonly window: Window | undefined }> {
  rejectWrongValue(budget, value);
  await budgets.ready();
  const { by, window, timeZone } = budget;
  const present = window === 'total' || window === 'request' ? undefined : windowAt(window, timeZone, clock.now());
  const labels = value === undefined ? {} : { [by[0] as string]: value };
  const account = accountFor(budget, labels, present, undefined, unbounded()) as Exclude<
    AccountOrNot,
    { kind: 'skip' }
  >;
  return { account: account.ref, window: present };
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
