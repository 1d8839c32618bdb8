import { script } from '../script.js';
import { PRELUDE } from './prelude.js';

/** KEYS: an account's notes. Answers 1 and a list of the notes, in no order; -1 for another epoch. */
export const TOP_UPS = script(`${PRELUDE}
if call('GET', KEYS[1]) ~= ARGV[1] then return { -1 } end
return { 1, call('HVALS', KEYS[2]) }
`);
