import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A server of a test's own, on a socket of its own: it may be flushed, frozen and killed. */
export interface RedisServer {
  /** Its Unix socket. */
  readonly path: string;
  readonly process: ChildProcess;
  /** Kills it, and starts it again in the same folder and on the same socket. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

const hasServer = spawnSync('redis-server', ['--version']).status === 0;
const isRequired = Boolean(process.env.CI) && process.env.CI !== 'false';
/** A server that is somebody else's: tests may not flush, freeze or set up anything there. */
const givenUrl = process.env.REDIS_URL || undefined;

/** Where a server is missing, tests are skipped, with a notice, except where CI must have it. */
const describeWhere = (isThere: boolean, missing: string) => (name: string, tests: () => void) => {
  if (isThere || isRequired) {
    describe(name, tests);
    return;
  }
  process.stderr.write(`${name}: skipped, as there is no ${missing} here (Debian: apt-get install redis-server)\n`);
  describe.skip(name, tests);
};

/** Tests that need a redis-server of their own. */
export const describeWithRedis = describeWhere(hasServer, 'redis-server');

/** Tests that do with any server, see {@link sharedRedis}. */
export const describeWithSharedRedis = describeWhere(hasServer || givenUrl !== undefined, 'redis-server or REDIS_URL');

/**
 * The server of `REDIS_URL`, else one of our own. What is written there needs a prefix of its own.
 *
 * @returns what a client of ioredis is made with, a URL or the path of a socket
 */
export async function sharedRedis(): Promise<{ readonly address: string; close(): Promise<void> }> {
  if (givenUrl !== undefined) return { address: givenUrl, close: async () => {} };
  const { path, close } = await startRedis('--appendonly', 'yes');
  return { address: path, close };
}

export async function startRedis(...options: readonly string[]): Promise<RedisServer> {
  const folder = mkdtempSync(join(tmpdir(), 'eden-cost-redis-'));
  const path = join(folder, 'socket');
  // a server that syncs its file lets everybody wait while the disk is busy, as it is with packages that are installed
  const args = ['--port', '0', '--unixsocket', path, '--save', '', '--appendfsync', 'no', '--dir', folder, ...options];
  let child = await spawnRedis(args);
  return {
    path,
    get process() {
      return child;
    },
    async restart() {
      await endOf(child);
      child = await spawnRedis(args);
    },
    async close() {
      await endOf(child);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A hook that starts two has 20 seconds for both. */
const STARTS_WITHIN_MS = 9_000;

/** @returns once it accepts connections; one that does not in time is ended, or it would outlive the tests */
export async function spawnRedis(args: readonly string[]): Promise<ChildProcess> {
  const child = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let log = '';
  let timer: NodeJS.Timeout | undefined;
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', () => reject(new Error(`redis-server ended before it accepted connections:\n${log}`)));
    timer = setTimeout(() => child.kill('SIGKILL'), STARTS_WITHIN_MS);
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      log += text;
      if (/eady to accept connections/.test(log)) resolve();
    });
  }).finally(() => clearTimeout(timer));
  return child;
}

export async function endOf(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await ended;
}
