import type { ReserveRequest } from '@eden-cost/core';
import type { Keys } from './keys.js';

/** More than any sum of money, and less than what JSON cannot say: no limit. */
const NO_LIMIT = 1e308;

/**
 * What is stored of a reservation, and all that its script has to know: see `lua/prelude.ts`. In JSON, as Lua reads that
 * faster than any number of arguments; put together by hand, as numbers and thresholds have nothing to be escaped, and of a key only
 * what the client puts before it.
 */
export function bodyOf({ ttlMs, holds }: ReserveRequest, keys: Keys): string {
  let body = `[${Math.ceil(ttlMs)}`;
  let latest = '';
  for (const { account, amount, limit, enforce, thresholds } of holds) {
    const ladder = thresholds.length === 0 ? '[]' : `["${thresholds.join('","')}"]`;
    const same = ladder === latest ? 0 : ladder;
    latest = ladder;
    body += `,${JSON.stringify(keys.stored(account.key))},${Math.ceil(account.endsAt ?? 0)},${amount},${limitOf(limit)},${enforce ? 1 : 0},${same}`;
  }
  return `${body}]`;
}

/** A limit that is not a number admits nothing. */
const limitOf = (limit: number): number => (Number.isNaN(limit) ? -NO_LIMIT : Math.min(limit, NO_LIMIT));
