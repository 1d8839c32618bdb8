import { script } from '../script.js';

/** KEYS: the set of partitions. ARGV: how many there may be, then one to add, if any. Answers all; one that is too many, too. */
export const REGISTER = script(`
local known = redis.call('SMEMBERS', KEYS[1])
if not ARGV[2] then return known end
for _, name in ipairs(known) do
  if name == ARGV[2] then return known end
end
if #known < tonumber(ARGV[1]) then redis.call('SADD', KEYS[1], ARGV[2]) end
known[#known + 1] = ARGV[2]
return known
`);
