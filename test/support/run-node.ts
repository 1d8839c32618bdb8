import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What hangs longer than this is killed, and its code is `null`; else it would outlive the tests. */
const TIMEOUT_MS = 50_000;

/** Runs Node in a process of its own, without standard input, to its end. */
export async function runNode(
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<Ran> {
  const env = { ...(options.env ?? process.env), FORCE_COLOR: undefined, NO_COLOR: undefined }; // Node warns of having both
  const child = spawn(process.execPath, args, {
    ...options,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: TIMEOUT_MS,
    killSignal: 'SIGKILL',
  });
  const code = new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await code, stdout, stderr };
}
