import { script } from '../script.js';
import { HELPERS } from './prelude.js';

/**
 * KEYS: accounts. ARGV: a new epoch for a server that has none, or '' while more accounts follow, the mark that the accounts before
 * these were answered with or '' if there were none, a new mark, then for each account its end, settled, topped up. Answers the epoch
 * if there is one, and the mark; no mark when what was given back before is lost again.
 *
 * What is spent between the first process that gives an account back and the last one is not in what any of them remembers. So it
 * is kept in `b` up to where an account has been given back since the loss, and only what goes beyond that is added. Where the epoch is
 * still the one that the process knows, nothing was lost.
 */
export const RESTORE = script(`${HELPERS}
local GIVEN, epoch = base .. 'b', call('GET', KEYS[1])
if epoch and epoch == ARGV[1] then return { epoch, ARGV[6] } end
local mark = call('HGET', GIVEN, '')
if ARGV[6] ~= '' and ARGV[6] ~= mark then return { '', '' } end
local changes = {}
if not mark then
  mark = ARGV[7]
  changes = { '', mark }
end
if #KEYS > 1 then
  local given = call('HMGET', GIVEN, unpack(KEYS, 2))
  for i = 2, #KEYS do
    local before, settled, toppedUp = given[i - 1], tonumber(ARGV[3 * i + 3]), tonumber(ARGV[3 * i + 4])
    local s, t
    if before then s, t = unpackAll('<dd', before) end
    if not before or settled > s or toppedUp > t then
      local account = read(call('GET', KEYS[i]), KEYS[i], tonumber(ARGV[3 * i + 2]))
      if not before then s, t = account.s, account.t end
      local moreS, moreT = math.max(0, settled - s), math.max(0, toppedUp - t)
      account.s, account.t = account.s + moreS, account.t + moreT
      if moreS > 0 or moreT > 0 then write(account) end
      changes[#changes + 1], changes[#changes + 2] = KEYS[i], pack('<dd', s + moreS, t + moreT)
    end
  end
end
if #changes > 0 then
  call('HSET', GIVEN, unpack(changes))
  call('PEXPIRE', GIVEN, '86400000')
end
if ARGV[5] ~= '' then
  call('SET', KEYS[1], ARGV[5], 'NX')
  call('SET', CHANGES, math.max(tonumber(call('GET', CHANGES) or 0), tonumber(ARGV[4])), 'PX', '604800000')
end
return { call('GET', KEYS[1]) or '', mark }
`);
