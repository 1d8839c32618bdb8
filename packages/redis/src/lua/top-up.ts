import { script } from '../script.js';
import { PRELUDE } from './prelude.js';

/** KEYS: the account, its notes. ARGV: the note's id, amount, the note, the account's end. Answers 1; -1 for another epoch. */
export const TOP_UP = script(`${PRELUDE}
local stored = call('MGET', KEYS[1], KEYS[2])
if stored[1] ~= ARGV[1] then return { -1 } end
local account = read(stored[2], KEYS[2], tonumber(ARGV[6]))
if call('HSETNX', KEYS[3], ARGV[3], ARGV[5]) == 0 then return { 1 } end
account.t = account.t + ARGV[4]
write(account)
if account.ends > 0 then call('PEXPIRE', KEYS[3], math.max(1, account.ends + 3024000000 - now)) end
return { 1 }
`);
