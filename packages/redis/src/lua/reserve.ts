import { script } from '../script.js';
import { PRELUDE } from './prelude.js';

/**
 * ARGV: id, '1' for a probe, the reservation's body.
 *
 * Answers `1, how many are exceeded, five numbers for each`, and but for a probe `three for the account of each hold`; or `0, index, 1 for held, settled, reserved, topped up` and for a crossing `threshold, settled, limit`.
 */
export const RESERVE = script(`${PRELUDE}
local id, probe = ARGV[5], ARGV[6] == '1'
local body = cjson.decode(ARGV[7])
local accounts, list, found = readAll(body, { KEYS[1], CHANGES, base .. 'r:' .. id, EXPIRING })
local isLost = lost(found[1], found[2])
if isLost then return isLost end

local function admitted(exceeded)
  local answer, n = { 1, #exceeded / 5 }, 2
  for i = 1, #exceeded do answer[i + 2], n = exceeded[i], i + 2 end
  if probe then return answer end
  for i = 2, #body - 5, 6 do
    local account = accounts[body[i]]
    answer[n + 1], answer[n + 2], answer[n + 3] = account.s, account.r, account.t
    n = n + 3
  end
  return answer
end

if found[3] and not probe then
  body = cjson.decode(sub(found[3], 33))
  accounts = readAll(body, { KEYS[1] })
  return unchanged(admitted(#body % 6 == 2 and body[#body] or {}))
end

for i = 2, #body, 6 do
  local account = accounts[body[i]]
  account.asked = account.asked + body[i + 2]
end

local exceeded, refusal = {}, nil
for i = 2, #body, 6 do
  local account = accounts[body[i]]
  local room = body[i + 3] + account.t - account.s - account.asked
  if account.r > room then
    local held = room >= 0 and 1 or 0
    if body[i + 4] == 0 then
      for _, each in ipairs({ (i - 2) / 6, held, account.s, account.r, account.t }) do exceeded[#exceeded + 1] = each end
    elseif not refusal or (refusal[3] == 1 and held == 0) then
      refusal = { 0, (i - 2) / 6, held, account.s, account.r, account.t }
    end
  end
end

if refusal then
  if probe or refusal[3] == 1 then return unchanged(refusal) end
  local at = 2 + 6 * refusal[2]
  local account, thresholds = accounts[body[at]], at
  while body[thresholds + 5] == 0 do thresholds = thresholds - 6 end
  local highest = body[thresholds + 5][#body[thresholds + 5]]
  if highest and not string.find(' ' .. sub(account.text or '', 25), ' ' .. highest .. ' ', 1, true) then
    write(account)
    call('APPEND', account.key, highest .. ' ')
    refusal[7], refusal[8], refusal[9] = highest, account.s, string.format('%.17g', body[at + 3] + account.t)
  end
  return unchanged(refusal)
end
if probe then return unchanged(admitted(exceeded)) end

for i = 2, #body, 6 do
  local account = accounts[body[i]]
  account.r = account.r + body[i + 2]
end
for i = 1, #list do write(list[i]) end
local text = ARGV[7]
if #exceeded > 0 then
  for i = 1, #exceeded do exceeded[i] = string.format('%.0f', exceeded[i]) end
  text = sub(text, 1, -2) .. ',[' .. table.concat(exceeded, ',') .. ']]'
end
call('SET', base .. 'r:' .. id, pack('<dddd', 0, 0, 0, 0) .. text)
call('ZADD', EXPIRING, now + body[1], id)
return changed(admitted(exceeded))
`);
