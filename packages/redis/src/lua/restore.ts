import { script } from '../script.js';
import { HELPERS } from './prelude.js';

/**
 * KEYS: accounts. ARGV: a new epoch for a server that has none, or '' while more accounts follow, then for each account its end,
 * settled, topped up. Answers the epoch that counts from here on. Where it is still the one that the process knows, nothing was lost.
 *
 * What is spent between the first process that gives an account back and the last one is not in what any of them remembers. So it
 * is kept in `b` up to where an account has been given back since the loss, and only what goes beyond that is added.
 */
export const RESTORE = script(`${HELPERS}
local known = call('GET', KEYS[1])
if known and known == ARGV[1] then return { known } end
local GIVEN = base .. 'b'
if #KEYS > 1 then
  local keys, changes = { unpack(KEYS, 2) }, {}
  local stored, given = call('MGET', unpack(keys)), call('HMGET', GIVEN, unpack(keys))
  for i, key in ipairs(keys) do
    local account = read(stored[i], key, tonumber(ARGV[3 * i + 3]))
    local s, t = account.s, account.t
    if given[i] then s, t = unpackNumbers('<dd', given[i]) end
    local moreS, moreT = math.max(0, ARGV[3 * i + 4] - s), math.max(0, ARGV[3 * i + 5] - t)
    account.s, account.t = account.s + moreS, account.t + moreT
    if moreS > 0 or moreT > 0 then write(account) end
    changes[2 * i - 1], changes[2 * i] = key, pack('<dd', s + moreS, t + moreT)
  end
  call('HSET', GIVEN, unpack(changes))
  call('PEXPIRE', GIVEN, '86400000')
end
if ARGV[5] ~= '' then
  call('SET', KEYS[1], ARGV[5], 'NX')
  call('SET', CHANGES, math.max(tonumber(call('GET', CHANGES) or 0), tonumber(ARGV[4])), 'PX', '604800000')
end
return { call('GET', KEYS[1]) }
`);
