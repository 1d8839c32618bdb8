import { script } from '../script.js';
import { PRELUDE } from './prelude.js';

/** ARGV: id. Answers 1 if a balance changed, else 0. */
export const RELEASE = script(`${PRELUDE}
local found = call('MGET', KEYS[1], CHANGES, base .. 'r:' .. ARGV[5], EXPIRING)
local text = found[3]
local isLost = lost(found[1], found[2])
if isLost then return isLost end
if not text then return unchanged({ 0 }) end
local state, _, _, stood = unpackNumbers('<dddd', text)
if state ~= 0 and state ~= 2 then return unchanged({ 0 }) end
local body = cjson.decode(sub(text, 33))
local accounts, list = readAll(body, { KEYS[1] })
stand(body, accounts, state, stood, 0)
for i = 1, #list do write(list[i]) end
finish(ARGV[5], 3, 0, 0, 0, body[1])
for i = 2, #body - 5, 6 do
  if body[i + 2] ~= 0 then return changed({ 1 }) end
end
return changed({ 0 })
`);
