import { script } from '../script.js';
import { PRELUDE } from './prelude.js';

/** ARGV: ttl, ids. Only those that are open are in the sorted set. Answers 1. */
export const EXTEND = script(`${PRELUDE}
local found = call('MGET', KEYS[1], CHANGES, EXPIRING)
local isLost = lost(found[1], found[2])
if isLost then return isLost end
local expiry = now + ARGV[5]
for i = 6, #ARGV do call('ZADD', EXPIRING, 'XX', expiry, ARGV[i]) end
return changed({ 1 })
`);
