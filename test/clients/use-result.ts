import { runNode } from '../support/run-node.js';
import { typescript } from '../support/typescript.js';

/** What a program prints as JSON, for all tests of a file; it runs once, outside of Jest, and with `gc()`. */
export function useResult<T>(program: string, ...args: string[]): { readonly result: T } {
  let result: T | undefined;
  beforeAll(async () => {
    const { code, stdout, stderr } = await runNode(['--expose-gc', ...typescript, program, ...args]);
    if (code !== 0) throw new Error(stderr || 'The program was not done in time');
    result = JSON.parse(stdout) as T;
  }, 60_000);
  return {
    get result() {
      if (result === undefined) throw new Error('The program runs before the tests');
      return result;
    },
  };
}
