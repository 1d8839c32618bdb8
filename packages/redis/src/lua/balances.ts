import { script } from '../script.js';
import { PRELUDE } from './prelude.js';

/** KEYS: accounts. Answers 1 and three numbers for each account; -1 for another epoch. */
export const BALANCES = script(`${PRELUDE}
local stored = call('MGET', unpack(KEYS))
if stored[1] ~= ARGV[1] then return { -1 } end
local answer = { 1 }
for i = 2, #KEYS do
  local account = read(stored[i])
  answer[3 * i - 4], answer[3 * i - 3], answer[3 * i - 2] = account.s, account.r, account.t
end
return answer
`);
