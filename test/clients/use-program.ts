import { join } from 'node:path';
import type { Part, PartResult } from './program.js';
import { useResult } from './use-result.js';

/** What a part of program.ts comes to, for all tests of a file. */
export const useProgram = <P extends Part>(part: P) => useResult<PartResult<P>>(join(__dirname, 'program.ts'), part);
