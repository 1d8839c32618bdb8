import type { Account } from './account-book.js';
import type { Hold, Refusal, ReserveResult } from './ledger.js';
import { NO_CROSSINGS } from './thresholds.js';

const NONE: readonly Refusal[] = Object.freeze([]);
/** All fit. */
export const ADMITTED: ReserveResult = Object.freeze({ admitted: true, exceeded: NONE, crossed: NO_CROSSINGS });

/**
 * Answers whether all holds fit together, and changes nothing. Two holds on one account must fit as their sum.
 * Among several enforced holds that do not fit, one that is spent is named before one that is held.
 */
export function judge(holds: readonly Hold[], accounts: readonly Account[]): ReserveResult {
  for (let index = 0; index < holds.length; index++)
    (accounts[index] as Account).asked += (holds[index] as Hold).amount;
  let refusal: Refusal | undefined;
  let exceeded = NONE;
  for (let index = 0; index < holds.length; index++) {
    const short = shortOf(holds[index] as Hold, accounts[index] as Account, index);
    if (short === undefined) continue;
    if (!(holds[index] as Hold).enforce) exceeded = [...exceeded, short];
    else if (refusal === undefined || (refusal.reason === 'held' && short.reason === 'spent')) refusal = short;
  }
  for (let index = 0; index < accounts.length; index++) (accounts[index] as Account).asked = 0;
  if (refusal !== undefined) return { admitted: false, refusal, crossed: NO_CROSSINGS };
  return exceeded === NONE ? ADMITTED : { admitted: true, exceeded, crossed: NO_CROSSINGS };
}

/** Negated comparisons: a limit that is not a number admits nothing. */
function shortOf(hold: Hold, account: Account, index: number): Refusal | undefined {
  const room = hold.limit + account.toppedUp - account.settled - account.asked;
  if (account.reserved <= room) return undefined;
  return { index, reason: room >= 0 ? 'held' : 'spent', balance: account.balance };
}
