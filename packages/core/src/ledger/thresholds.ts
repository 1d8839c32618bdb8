import type { Nanos } from '../money.js';
import type { Account } from './account-book.js';
import type { Crossing } from './ledger.js';

export const NO_CROSSINGS: readonly Crossing[] = Object.freeze([]);

/** Thresholds that `settled` has reached and that nobody was told of: marks them, and adds them to `crossed`. */
export function markReached(account: Account, index: number, bareLimit: Nanos, crossed: Crossing[]): void {
  const { settled, thresholds } = account;
  if (settled <= 0 || account.fired.length >= thresholds.length) return;
  const limit = bareLimit + account.toppedUp;
  for (const threshold of thresholds) {
    // Rounded: 0.07 × 100 is 7.000000000000001, which 7 would never reach.
    if (!(settled >= Math.round(threshold * limit))) return;
    if (account.fired.includes(threshold)) continue;
    account.fired = [...account.fired, threshold];
    crossed.push({ index, threshold, settled, limit });
  }
}

/** The highest threshold, when an account refuses because it is spent: settled amounts alone may never get there. */
export function markSpent(account: Account, index: number, bareLimit: Nanos): readonly Crossing[] {
  const threshold = account.thresholds.at(-1);
  if (threshold === undefined || account.fired.includes(threshold)) return NO_CROSSINGS;
  account.fired = [...account.fired, threshold];
  return [{ index, threshold, settled: account.settled, limit: bareLimit + account.toppedUp }];
}
