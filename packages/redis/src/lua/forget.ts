import { script } from '../script.js';

/** KEYS: the epoch. ARGV: the one that is to be forgotten, so that every process gives back what it remembers. */
export const FORGET = script(`
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
return {}
`);
