import { OptionsError, type ReserveRequest } from '@eden-cost/core';
import { plain } from './keys.js';
import { endOf } from './stored.js';

/** More than any sum of money, and less than what JSON cannot say: no limit. */
const NO_LIMIT = 1e308;

/** Lua takes no more than 8,000 values at once, and a reservation has about three for each hold. */
const MOST_HOLDS = 1_000;

/**
 * What the script of a reserve is told, but for the keys of the accounts: see `lua/reserve.ts`.
 *
 * @throws {OptionsError} for more than 1,000 holds
 */
export function reserveArgs({ id, ttlMs, holds, probe }: ReserveRequest): string[] {
  if (holds.length > MOST_HOLDS) {
    throw new OptionsError(
      `A call draws on ${holds.length} budgets; the Redis ledger takes at most ${MOST_HOLDS} at once`,
    );
  }
  let flags = '';
  let ends = '';
  let ladders = '';
  let lowest = NO_LIMIT;
  let latest: readonly number[] | undefined;
  const numbers: string[] = [];
  for (const { account, amount, limit, enforce, thresholds } of holds) {
    const comma = flags === '' ? '' : ',';
    flags += enforce ? '1' : '0';
    ends += `${comma}${endOf(account)}`;
    ladders += `${comma}${latest !== undefined && isSame(thresholds, latest) ? 0 : ladderOf(thresholds)}`;
    lowest = Math.min(lowest, thresholds[0] ?? NO_LIMIT);
    latest = thresholds;
    numbers.push(String(amount), String(limitOf(limit)));
  }
  const terms = `[[${ends}],[${ladders}]]`;
  return [plain(id), probe ? '1' : '0', flags, terms, String(Math.ceil(ttlMs)), String(lowest), ...numbers];
}

/** As texts: Lua would write some of the numbers in other ways. */
const ladderOf = (thresholds: readonly number[]): string =>
  thresholds.length === 0 ? '[]' : `["${thresholds.join('","')}"]`;

const isSame = (one: readonly number[], other: readonly number[]): boolean =>
  one === other || (one.length === other.length && one.every((threshold, index) => threshold === other[index]));

/** A limit that is not a number admits nothing. */
const limitOf = (limit: number): number => (Number.isNaN(limit) ? -NO_LIMIT : Math.min(limit, NO_LIMIT));
