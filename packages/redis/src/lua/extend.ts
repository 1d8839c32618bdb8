import { script } from '../script.js';
import { PRELUDE } from './prelude.js';

/** ARGV: ttl, ids. Only those that are open are in the sorted set. Answers 1; -1 for another epoch. */
export const EXTEND = script(`${PRELUDE}
if call('GET', KEYS[1]) ~= ARGV[1] then return { -1 } end
local expiry = now + ARGV[3]
for i = 4, #ARGV do call('ZADD', EXPIRING, 'XX', expiry, ARGV[i]) end
return { 1 }
`);
