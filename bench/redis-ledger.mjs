// Row 7: the Redis ledger over 4 budgets, beside 4 limiters of rate-limiter-flexible through the same client. A reserve does
// what 4 consumes do; a settle what 4 rewards do, once the true cost is known.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { redisLedger } from '@eden-cost/redis';
import { Redis } from 'ioredis';
import { RateLimiterRedis } from 'rate-limiter-flexible';
import { row } from './report.mjs';
import { median } from './statistics.mjs';

const UNITS = 2_000;
const IN_FLIGHT = 100;
const ROUNDS = 15;
const TENANTS = 1_000;
const WINDOWS = ['hour', 'day', 'month', 'total'];

async function startRedis() {
  const folder = mkdtempSync(join(tmpdir(), 'eden-cost-bench-'));
  const path = join(folder, 'socket');
  const child = spawn('redis-server', ['--port', '0', '--unixsocket', path, '--save', '', '--dir', folder]);
  await new Promise((resolve, reject) => {
    child.once('exit', reject);
    child.stdout.on('data', (text) => /eady to accept/.test(text) && resolve());
  });
  return {
    path,
    async close() {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill();
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** How many milliseconds so many units of work take, with so many in flight. */
async function timeOf(unit) {
  let left = UNITS;
  const before = performance.now();
  const work = async () => {
    while (left-- > 0) await unit();
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, work));
  return performance.now() - before;
}

/** How many questions the server has answered. */
async function answered(client) {
  return Number(/cmdstat_evalsha:calls=(\d+)/.exec(await client.info('commandstats'))?.[1]);
}

/** What is compared, each as a function that does one unit of it. */
function variants(client) {
  // a busy machine would otherwise measure what happens when the server does not answer in time
  const ledger = redisLedger(client, { processes: 1, deadlineMs: 30_000 });
  const limiters = WINDOWS.map(
    (keyPrefix) => new RateLimiterRedis({ storeClient: client, keyPrefix, points: 1e9, duration: 3_600 }),
  );
  let next = 0;
  const tenant = () => (next++ * 7_919) % TENANTS;
  const endsAt = Date.now() + 3_600_000;
  const holds = (of) =>
    WINDOWS.map((window) => ({
      account: { key: `${window}:2026-11-01T00:00:00.000Z:=tenant-${of}`, endsAt },
      amount: 1_000_000,
      limit: 1e15,
      enforce: true,
      thresholds: [0.5, 0.8, 1],
    }));
  const open = [];
  const reserve = async () => {
    const id = crypto.randomUUID();
    await ledger.reserve({ id, at: Date.now(), ttlMs: 60_000, holds: holds(tenant()) });
    open.push(id);
  };
  const settle = () => ledger.settle(open.pop(), 900_000, { rank: 'reported', at: Date.now() });
  const all = (method, key) => Promise.all(limiters.map((limiter) => limiter[method](key, 1)));
  return {
    reserve,
    async pair() {
      await reserve();
      await settle();
    },
    consumes: () => all('consume', `tenant-${tenant()}`),
    async corrected() {
      const key = `tenant-${tenant()}`;
      await all('consume', key);
      await all('reward', key);
    },
    /** Not measured: ends what `reserve` has left open, as in an app about as many are open as are in flight. */
    async tidy() {
      while (open.length > 0) await Promise.all(Array.from({ length: Math.min(IN_FLIGHT, open.length) }, settle));
    },
  };
}

export async function redisLedgerRows() {
  if (spawnSync('redis-server', ['--version']).status !== 0) {
    console.log('row 7 is not measured: there is no redis-server here');
    return [];
  }
  const server = await startRedis();
  const client = new Redis({ path: server.path });
  try {
    const { tidy, ...units } = variants(client);
    await units.pair();
    const before = await answered(client);
    await units.pair();
    const trips = (await answered(client)) - before;
    const times = Object.fromEntries(Object.keys(units).map((name) => [name, []]));
    for (let round = 0; round <= ROUNDS; round++) {
      for (const [name, unit] of Object.entries(units)) {
        const ms = await timeOf(unit);
        await tidy();
        if (round > 0) times[name].push(ms); // the first one warms up
      }
    }
    const ratio = (of, peer) => median(times[of].map((ms, round) => times[peer][round] / ms));
    const [reserve, pair, alone] = [
      ratio('reserve', 'consumes'),
      ratio('pair', 'corrected'),
      ratio('pair', 'consumes'),
    ];
    return [
      row('7a Redis ledger: round trips of a reserve and a settle over 4 budgets', trips, '<= 2', trips <= 2),
      row('7b Redis ledger: reserves/s over 4 budgets vs 4 consumes', reserve, '>= 1', reserve >= 1),
      row('7c Redis ledger: reserve + settle over 4 budgets vs 4 consumes + 4 rewards', pair, '>= 1', pair >= 1),
      row('7d Redis ledger: reserve + settle over 4 budgets vs 4 consumes, never corrected', alone),
    ];
  } finally {
    client.disconnect();
    await server.close();
  }
}
