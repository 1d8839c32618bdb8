import { join } from 'node:path';
import { runNode } from '../support/run-node.js';
import { typescript } from '../support/typescript.js';
import type { Part, PartResult } from './program.js';

/** What a part of program.ts comes to, for all tests of a file. */
export function useProgram<P extends Part>(part: P): { readonly result: PartResult<P> } {
  let result: PartResult<P> | undefined;
  beforeAll(async () => {
    const { code, stdout, stderr } = await runNode([...typescript, join(__dirname, 'program.ts'), part]);
    if (code !== 0) throw new Error(stderr);
    result = JSON.parse(stdout) as PartResult<P>;
  }, 60_000);
  return {
    get result() {
      if (result === undefined) throw new Error('The program runs before the tests');
      return result;
    },
  };
}
