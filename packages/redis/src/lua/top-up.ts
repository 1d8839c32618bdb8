import { script } from '../script.js';
import { PRELUDE } from './prelude.js';

/** KEYS: the account, its notes. ARGV: the note's id, amount, the note, the account's end. Answers 1. */
export const TOP_UP = script(`${PRELUDE}
local found = call('MGET', KEYS[1], CHANGES, KEYS[2])
local isLost = lost(found[1], found[2])
if isLost then return isLost end
local account = read(found[3], KEYS[2], tonumber(ARGV[8]))
if call('HSETNX', KEYS[3], ARGV[5], ARGV[7]) == 0 then return unchanged({ 1 }) end
account.t = account.t + ARGV[6]
write(account)
if account.ends > 0 then call('PEXPIRE', KEYS[3], math.max(1, account.ends + 3024000000 - now)) end
return changed({ 1 })
`);
