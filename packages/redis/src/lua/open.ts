import { script } from '../script.js';

/**
 * KEYS: the epoch. ARGV: a new epoch, for a server that has none. Writes also where there is one, so that a server that
 * cannot be written to says so. Answers the epoch, and the server's time in seconds and microseconds.
 */
export const OPEN = script(`
if string.find(KEYS[1], '%z') then return { err = 'the keyPrefix of the client has a character of code 0, which the ledger cannot store' } end
local time = redis.call('TIME')
redis.call('SET', KEYS[1], ARGV[1], 'NX')
return { redis.call('GET', KEYS[1]), time[1], time[2] }
`);
