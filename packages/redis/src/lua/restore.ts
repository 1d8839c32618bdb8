import { script } from '../script.js';
import { PRELUDE } from './prelude.js';

/**
 * KEYS: accounts. ARGV[1] is a new epoch for a server that has none, or '' while more accounts follow. ARGV: for each
 * account its end, settled, topped up. Answers the epoch that counts from here on.
 */
export const RESTORE = script(`${PRELUDE}
if ARGV[1] ~= '' then call('SET', KEYS[1], ARGV[1], 'NX') end
for i = 2, #KEYS do
  local at = 3 * i - 3
  local account = read(call('GET', KEYS[i]), KEYS[i], tonumber(ARGV[at]))
  account.s, account.t = math.max(account.s, tonumber(ARGV[at + 1])), math.max(account.t, tonumber(ARGV[at + 2]))
  write(account)
end
return { call('GET', KEYS[1]) }
`);
