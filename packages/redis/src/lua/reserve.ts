import { script } from '../script.js';
import { PRELUDE, STORED } from './prelude.js';

/**
 * KEYS: the account of each hold. ARGV: id, '1' for a probe, for each hold 1 if it is enforced or 0 (as one text), the terms (see the
 * prelude), ttl, lowest threshold, then for each hold its amount and its limit.
 *
 * Answers `1, how many are exceeded, five numbers for each`, and but for a probe `three for the account of each hold`; or `0, index, 1 for held, settled, reserved, topped up` and for a crossing `threshold, settled, limit`.
 */
export const RESERVE = script(`${PRELUDE}
local id, probe, n = ARGV[5], ARGV[6] == '1', #KEYS - 1
local key = base .. 'r:' .. id
local found = call('MGET', CHANGES, key, EXPIRING, unpack(KEYS))
local isLost = lost(found[4], found[1])
if isLost then return isLost end

local function admitted(accounts, exceeded)
  local answer, length = { 1, #exceeded / 5 }, 2
  for i = 1, #exceeded do answer[i + 2], length = exceeded[i], i + 2 end
  for i = 1, probe and 0 or #accounts do
    local account = accounts[i]
    answer[length + 1], answer[length + 2], answer[length + 3] = account.s, account.r, account.t
    length = length + 3
  end
  return answer
end

if found[2] and not probe then
${STORED}
  local known = parse(found[2])
  return unchanged(admitted(known.accounts, known.exceeded == '' and {} or cjson.decode(known.exceeded)))
end

local accounts = readAll(found, 4, { unpack(KEYS, 2) }, ARGV[8])
for i = 1, n do accounts[i].asked = accounts[i].asked + ARGV[9 + 2 * i] end

local exceeded, refusal = {}, nil
for i = 1, n do
  local account = accounts[i]
  local room = ARGV[10 + 2 * i] + account.t - account.s - account.asked
  if account.r > room then
    local held = room >= 0 and 1 or 0
    if sub(ARGV[7], i, i) == '0' then
      for _, each in ipairs({ i - 1, held, account.s, account.r, account.t }) do exceeded[#exceeded + 1] = each end
    elseif not refusal or (refusal[3] == 1 and held == 0) then
      refusal = { 0, i - 1, held, account.s, account.r, account.t }
    end
  end
end

if refusal then
  if probe or refusal[3] == 1 then return unchanged(refusal) end
  local hold, ladders = refusal[2] + 1, cjson.decode(ARGV[8])[2]
  local account, ladder, same = accounts[hold], ladders[hold], hold
  while ladder == 0 do
    same = same - 1
    ladder = ladders[same]
  end
  local highest = ladder[#ladder]
  if highest and not string.find(' ' .. sub(account.text or '', 25), ' ' .. highest .. ' ', 1, true) then
    if write(account) then call('APPEND', account.key, highest .. ' ') end
    refusal[7], refusal[8], refusal[9] = highest, account.s, string.format('%.17g', ARGV[10 + 2 * hold] + account.t)
  end
  return unchanged(refusal)
end
if probe then return unchanged(admitted(accounts, exceeded)) end

for i = 1, n do
  local account = accounts[i]
  account.r, account.asked = account.r + account.asked, 0
end
for i = 1, n do write(accounts[i]) end
local list = ''
if #exceeded > 0 then
  for i = 1, #exceeded do exceeded[i] = string.format('%.0f', exceeded[i]) end
  list = '[' .. table.concat(exceeded, ',') .. ']'
end
local numbers = pack('<' .. rep('d', 7 + 2 * n), 0, 0, 0, 0, n, unpack(ARGV, 9))
local texts = { numbers, ARGV[8], list, table.concat(KEYS, '\\0', 2), '' }
call('SET', key, table.concat(texts, '\\0'))
call('ZADD', EXPIRING, now + ARGV[9], id)
return changed(admitted(accounts, exceeded))
`);
