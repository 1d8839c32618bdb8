import { script } from '../script.js';
import { PRELUDE } from './prelude.js';

/**
 * ARGV: id, amount, rank, time.
 *
 * Answers `1, 1 if applied, what stood before (-1 for nothing), how many holds, the overrun of each, three numbers for the
 * account of each`, then for each crossing `index, threshold, settled, limit`; 0 for an id that is not known.
 */
export const SETTLE = script(`${PRELUDE}
local id, amount, newRank, newAt = ARGV[5], tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
local found = call('MGET', KEYS[1], CHANGES, base .. 'r:' .. id, EXPIRING)
local text = found[3]
local isLost = lost(found[1], found[2])
if isLost then return isLost end
if not text then return unchanged({ 0 }) end
local state, rank, at, stood = unpackNumbers('<dddd', text)
local body = cjson.decode(sub(text, 33))
local accounts, list = readAll(body, { KEYS[1] })

local previous, n = -1, 0
if state == 1 then previous = stood end
for i = 2, #body - 5, 6 do
  n = n + 1
  if state == 2 and body[i + 2] > previous then previous = body[i + 2] end
end
if state == 2 and n == 0 then previous = 0 end

local stands = state == 1 or state == 2
local applies = not stands or newRank > rank or (newRank == rank and newAt > at)
local answer = { 1, applies and 1 or 0, previous, n }
if not applies then
  for i = 1, n do answer[4 + i] = 0 end
end
if applies then
  for i, overrun in ipairs(stand(body, accounts, state, stood, amount)) do answer[4 + i] = overrun end
  for i = 1, #list do write(list[i]) end
  finish(id, 1, newRank, newAt, amount, body[1])
end
local length = 4 + n
for i = 2, #body - 5, 6 do
  local account = accounts[body[i]]
  answer[length + 1], answer[length + 2], answer[length + 3] = account.s, account.r, account.t
  length = length + 3
end
if not applies then return unchanged(answer) end

local thresholds
for i = 2, #body - 5, 6 do
  local account = accounts[body[i]]
  local limit = body[i + 3] + account.t
  if body[i + 5] ~= 0 then thresholds = body[i + 5] end
  for j = 1, account.s > 0 and limit < 1e300 and #thresholds or 0 do
    -- Rounded: 0.07 * 100 is 7.000000000000001, which 7 would never reach.
    local exact = thresholds[j] * limit
    local reached = exact - exact % 1
    if exact - reached >= 0.5 then reached = reached + 1 end
    if account.s < reached then break end
    local fired = ' ' .. sub(account.text or '', 25)
    if not string.find(fired, ' ' .. thresholds[j] .. ' ', 1, true) then
      call('APPEND', account.key, thresholds[j] .. ' ')
      account.text = (account.text or string.rep(' ', 24)) .. thresholds[j] .. ' '
      answer[length + 1], answer[length + 2] = (i - 2) / 6, thresholds[j]
      answer[length + 3], answer[length + 4] = account.s, string.format('%.17g', limit)
      length = length + 4
    end
  end
end
return changed(answer)
`);
