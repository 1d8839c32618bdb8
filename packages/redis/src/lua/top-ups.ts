import { script } from '../script.js';
import { PRELUDE } from './prelude.js';

/** KEYS: an account's notes. Answers 1 and a list of the notes, in no order. */
export const TOP_UPS = script(`${PRELUDE}
local found = call('MGET', KEYS[1], CHANGES)
local isLost = lost(found[1], found[2])
if isLost then return isLost end
return unchanged({ 1, call('HVALS', KEYS[2]) })
`);
