import { script } from '../script.js';
import { HELPERS } from './prelude.js';

/**
 * KEYS: accounts. ARGV[1] is a new epoch for a server that has none, or '' while more accounts follow. ARGV: for each
 * account its end, settled, topped up. Answers the epoch that counts from here on.
 */
export const RESTORE = script(`${HELPERS}
for i = 2, #KEYS do
  local at = 3 * i - 1
  local account = read(call('GET', KEYS[i]), KEYS[i], tonumber(ARGV[at]))
  account.s, account.t = math.max(account.s, tonumber(ARGV[at + 1])), math.max(account.t, tonumber(ARGV[at + 2]))
  write(account)
end
if ARGV[1] ~= '' then
  call('SET', KEYS[1], ARGV[1], 'NX')
  call('SET', CHANGES, math.max(tonumber(call('GET', CHANGES) or 0), tonumber(ARGV[4])), 'PX', '604800000')
end
return { call('GET', KEYS[1]) }
`);
