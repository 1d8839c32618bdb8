import { script } from '../script.js';
import { PRELUDE } from './prelude.js';

/** KEYS: the account, its notes. ARGV: the note's id, amount, the note, the account's end. Answers 1. */
export const TOP_UP = script(`${PRELUDE}
local found = call('MGET', KEYS[1], CHANGES, KEYS[2])
local isLost = lost(found[1], found[2])
if isLost then return isLost end
local account = read(found[3], KEYS[2], tonumber(ARGV[8]))
local sum = account.t + ARGV[6]
if math.abs(sum) > 9007199254740991 and not call('HGET', KEYS[3], ARGV[5]) then
  error('The top-ups of an account must stay below 2^53 nano-USD in all', 0)
end
if call('HSETNX', KEYS[3], ARGV[5], ARGV[7]) == 0 then return unchanged({ 1 }) end
account.t = sum
write(account)
if account.ends > 0 then call('PEXPIRE', KEYS[3], math.max(1, account.ends + 3024000000 - now)) end
return changed({ 1 })
`);
