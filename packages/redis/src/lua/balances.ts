import { script } from '../script.js';
import { PRELUDE } from './prelude.js';

/** KEYS: accounts. Answers 1 and three numbers for each account. */
export const BALANCES = script(`${PRELUDE}
local keys = { KEYS[1], CHANGES }
for i = 2, #KEYS do keys[i + 1] = KEYS[i] end
local found = call('MGET', unpack(keys))
local isLost = lost(found[1], found[2])
if isLost then return isLost end
local answer = { 1 }
for i = 2, #KEYS do
  local account = read(found[i + 1], KEYS[i])
  answer[3 * i - 4], answer[3 * i - 3], answer[3 * i - 2] = account.s, account.r, account.t
end
return unchanged(answer)
`);
