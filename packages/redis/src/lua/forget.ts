import { script } from '../script.js';

/** KEYS: the epoch, what was given back in it. ARGV: the one to be forgotten, so that every process gives back what it remembers. */
export const FORGET = script(`
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1], KEYS[2]) end
return {}
`);
