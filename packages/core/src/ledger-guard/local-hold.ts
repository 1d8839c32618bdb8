import type { Balance, Hold } from '../ledger/ledger.js';
import type { Nanos } from '../money.js';
import type { PlannedHold } from './meter-ledger.js';

/** How much of a limit all processes together may spend past what they last saw, if none of them can ask. */
const SHARE = 0.1;

/** What is left by what was last seen. */
const roomSeen = ({ limit }: Hold, seen: Balance | undefined): Nanos =>
  seen === undefined ? limit : limit + seen.toppedUp - seen.settled - seen.reserved;

/**
 * How much this process may spend on an account while it cannot ask: a tenth of the limit, over all live processes, and
 * no more than there was. An account that belongs to a scope has no other spender, and keeps what there was.
 */
function localLimit(hold: Hold, seen: Balance | undefined, processes: number): Nanos {
  const room = Math.max(0, roomSeen(hold, seen));
  return hold.account.owner === undefined ? Math.min(room, Math.floor((hold.limit * SHARE) / processes)) : room;
}

/** A hold as it is judged here: only a budget with `onLedgerError: 'local'` denies. Thresholds are the ledger's to tell. */
export function localHold(hold: PlannedHold, seen: Balance | undefined, processes: number): Hold {
  const { account, amount, enforce, onLedgerError } = hold;
  const isLimited = enforce && onLedgerError === 'local';
  const limit = isLimited ? localLimit(hold, seen, processes) : Number.POSITIVE_INFINITY;
  return { account, amount, limit, enforce: isLimited, thresholds: [] };
}
