import { fork } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { typescript } from '../support/typescript.js';
import type { Framework, Matrix } from './program.js';

/** What `NODE_ENV` says. In production Eden AI's own 402 is configured to be answered with 503. */
export const MODES = ['development', 'production'] as const;
export type Mode = (typeof MODES)[number];

/** What the program came to, and all that it printed. */
export interface MatrixRun extends Matrix {
  readonly printed: string;
}

const TIMEOUT_MS = 50_000;

/** Runs the program outside of Jest, with the real packages as ES modules. */
export async function runMatrix(framework: Framework, mode: Mode): Promise<MatrixRun> {
  const child = fork(join(__dirname, 'program.ts'), [framework], {
    ...{ silent: true, execArgv: typescript, timeout: TIMEOUT_MS, killSignal: 'SIGKILL' },
    env: { ...process.env, NODE_ENV: mode, FORCE_COLOR: undefined, NO_COLOR: undefined },
  });
  let matrix: Matrix | undefined;
  child.once('message', (message) => {
    matrix = message as Matrix;
  });
  const { stdout, stderr } = child as { stdout: NonNullable<typeof child.stdout>; stderr: typeof child.stderr };
  const [out, err] = await Promise.all([text(stdout), text(stderr as typeof stdout)]);
  const printed = out + err;
  if (matrix === undefined) throw new Error(`${framework} in ${mode} did not come to its end: ${printed}`);
  return { ...matrix, printed };
}
