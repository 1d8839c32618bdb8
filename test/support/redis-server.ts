import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A server of a test's own, on a socket of its own: it may be flushed, frozen and killed. */
export interface RedisServer {
  /** Its Unix socket. */
  readonly path: string;
  readonly process: ChildProcess;
  close(): Promise<void>;
}

const hasServer = spawnSync('redis-server', ['--version']).status === 0;
const isRequired = Boolean(process.env.CI) && process.env.CI !== 'false';

/** Tests that need a redis-server: without one they are skipped, with a notice, except where CI must have it. */
export const describeWithRedis: (name: string, tests: () => void) => void = (name, tests) => {
  if (hasServer || isRequired) {
    describe(name, tests);
    return;
  }
  process.stderr.write(`${name}: skipped, as there is no redis-server here (Debian: apt-get install redis-server)\n`);
  describe.skip(name, tests);
};

export async function startRedis(...options: readonly string[]): Promise<RedisServer> {
  const folder = mkdtempSync(join(tmpdir(), 'eden-cost-redis-'));
  const path = join(folder, 'socket');
  const args = ['--port', '0', '--unixsocket', path, '--save', '', '--dir', folder, ...options];
  const child = await spawnRedis(args);
  return {
    path,
    process: child,
    async close() {
      await endOf(child);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** @returns once it accepts connections */
export async function spawnRedis(args: readonly string[]): Promise<ChildProcess> {
  const child = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let log = '';
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', () => reject(new Error(`redis-server ended:\n${log}`)));
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      log += text;
      if (/eady to accept connections/.test(log)) resolve();
    });
  });
  return child;
}

export async function endOf(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await ended;
}
