import { script } from '../script.js';
import { PRELUDE } from './prelude.js';

/** ARGV: id. Answers 1 if a balance changed, else 0; -1 for another epoch. */
export const RELEASE = script(`${PRELUDE}
local found = call('MGET', KEYS[1], base .. 'r:' .. ARGV[3])
local text = found[2]
if found[1] ~= ARGV[1] then return { -1 } end
if not text then return { 0 } end
local state, _, _, stood = unpackNumbers('<dddd', text)
if state ~= 0 and state ~= 2 then return { 0 } end
local body = cjson.decode(sub(text, 33))
local accounts, list = readAll(body, {})
stand(body, accounts, state, stood, 0)
for i = 1, #list do write(list[i]) end
finish(ARGV[3], 3, 0, 0, 0, body[1])
for i = 2, #body - 5, 6 do
  if body[i + 2] ~= 0 then return { 1 } end
end
return { 0 }
`);
