import { script } from '../script.js';
import { PRELUDE } from './prelude.js';

/** Looks whether the server still has what this process saw, and keeps the number of its changes for another week. Answers 1. */
export const LOOK = script(`${PRELUDE}
local found = call('MGET', KEYS[1], CHANGES)
local isLost = lost(found[1], found[2])
if isLost then return isLost end
call('PEXPIRE', CHANGES, '604800000')
return unchanged({ 1 })
`);
