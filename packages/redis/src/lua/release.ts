import { script } from '../script.js';
import { PRELUDE, STORED } from './prelude.js';

/** ARGV: id. Answers 1 if a balance changed, else 0. */
export const RELEASE = script(`${PRELUDE}${STORED}
local found = call('MGET', KEYS[1], CHANGES, base .. 'r:' .. ARGV[5], EXPIRING)
local text = found[3]
local isLost = lost(found[1], found[2])
if isLost then return isLost end
local state = text and unpackAll('<d', text)
if state ~= 0 and state ~= 2 then return unchanged({ 0 }) end
local known = parse(text)
stand(known, 0)
finish(ARGV[5], known, 3, 0, 0, 0)
for i = 1, known.n do
  if known.values[2 * i - 1] ~= 0 then return changed({ 1 }) end
end
return changed({ 0 })
`);
