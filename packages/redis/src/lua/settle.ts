import { script } from '../script.js';
import { PRELUDE, STORED } from './prelude.js';

/**
 * ARGV: id, amount, rank, time.
 *
 * Answers `1, 1 if applied, what stood before (-1 for nothing), how many holds, how many overruns, the overrun of each (or of none,
 * when all are 0), three numbers for the account of each`, then for each crossing `index, threshold, settled, limit`; 0 for an id that is
 * not known.
 */
export const SETTLE = script(`${PRELUDE}${STORED}
local id, amount, newRank, newAt = ARGV[5], tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
local found = call('MGET', KEYS[1], CHANGES, base .. 'r:' .. id, EXPIRING)
local text = found[3]
local isLost = lost(found[1], found[2])
if isLost then return isLost end
if not text then return unchanged({ 0 }) end
local known = parse(text)
local state, n, values, accounts = known.state, known.n, known.values, known.accounts

local previous = -1
if state == 1 then previous = known.amount end
if state == 2 then
  previous = 0
  for i = 1, n do previous = math.max(previous, values[2 * i - 1]) end
end

local isNews = newRank > known.rank or (newRank == known.rank and newAt > known.at)
local applies = state == 0 or state == 3 or isNews
local overruns = applies and stand(known, amount) or {}
if applies then finish(id, known, 1, newRank, newAt, amount) end
local answer = { 1, applies and 1 or 0, previous, n, #overruns, unpack(overruns) }
local length = #answer
for i = 1, n do
  local account = accounts[i]
  answer[length + 1], answer[length + 2], answer[length + 3] = account.s, account.r, account.t
  length = length + 3
end
if not applies then return unchanged(answer) end

local ladders
for i = 1, n do
  local account = accounts[i]
  local limit = values[2 * i] + account.t
  local ladder
  if account.s > 0 and limit < 1e300 and account.s + 1 >= known.lowest * limit then
    ladders = ladders or cjson.decode(known.terms)[2]
    local same = i
    while ladders[same] == 0 do same = same - 1 end
    ladder = ladders[same]
  end
  for j = 1, ladder and #ladder or 0 do
    -- Rounded: 0.07 * 100 is 7.000000000000001, which 7 would never reach.
    local exact = ladder[j] * limit
    local reached = exact - exact % 1
    if exact - reached >= 0.5 then reached = reached + 1 end
    if account.s < reached then break end
    local fired = ' ' .. sub(account.text or '', 25)
    if not string.find(fired, ' ' .. ladder[j] .. ' ', 1, true) then
      if account.stored then call('APPEND', account.key, ladder[j] .. ' ') end
      account.text = (account.text or rep(' ', 24)) .. ladder[j] .. ' '
      answer[length + 1], answer[length + 2] = i - 1, ladder[j]
      answer[length + 3], answer[length + 4] = account.s, string.format('%.17g', limit)
      length = length + 4
    end
  end
end
return changed(answer)
`);
