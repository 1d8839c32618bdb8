import { randomUUID } from 'node:crypto';
import type { Hold, Ledger, ReserveRequest } from '@eden-cost/core';
import { type RedisClient, type RedisLedgerOptions, redisLedger } from '@eden-cost/redis';
import { Redis } from 'ioredis';
import { type RedisServer, sharedRedis, startRedis } from '../support/redis-server.js';

export interface UsedRedis {
  readonly server: RedisServer;
  /** A client of ioredis. */
  readonly client: Redis;
  /** Another one; all are closed at the end. */
  connect(options?: object): Redis;
}

/** A server for the tests of one block, flushed before each of them. */
export function useRedis(...serverOptions: readonly string[]): UsedRedis {
  let server: RedisServer;
  let client: Redis;
  const clients: Redis[] = [];
  const connect = (options: object = {}) => {
    const made = new Redis({ path: server.path, disconnectTimeout: 100, ...options });
    clients.push(made);
    return made;
  };
  beforeAll(async () => {
    server = await startRedis(...serverOptions);
    client = connect();
  });
  beforeEach(async () => {
    server.process.kill('SIGCONT'); // a test that froze it, and timed out, would freeze all others
    await client.flushall();
  });
  afterAll(async () => {
    for (const each of clients) each.disconnect();
    await server?.close();
  });
  return {
    get server() {
      return server;
    },
    get client() {
      return client;
    },
    connect,
  };
}

export interface SharedRedis {
  /** What a client of ioredis is made with. */
  readonly address: string;
  readonly client: Redis;
  /** Of the ledgers of one test: nothing else on the server is touched. */
  readonly prefix: string;
}

/** A server that others may use as well: the one of `REDIS_URL`, if there is one. */
export function useSharedRedis(): SharedRedis {
  let server: Awaited<ReturnType<typeof sharedRedis>>;
  let client: Redis;
  let prefix = '';
  beforeAll(async () => {
    server = await sharedRedis();
    client = new Redis(server.address);
  });
  beforeEach(() => {
    prefix = `eden-cost-test-${randomUUID()}`;
  });
  afterEach(async () => {
    for await (const keys of client.scanStream({ match: `{${prefix}}:*`, count: 1_000 })) {
      if (keys.length > 0) await client.unlink(keys);
    }
  });
  afterAll(async () => {
    client?.disconnect();
    await server?.close();
  });
  return {
    get address() {
      return server.address;
    },
    get client() {
      return client;
    },
    get prefix() {
      return prefix;
    },
  };
}

type WholeLedger = Ledger & Required<Pick<Ledger, 'start' | 'restore' | 'close'>>;

/** A ledger with a deadline that a busy machine does not reach. */
export const ledgerOf = (client: RedisClient, options: RedisLedgerOptions = {}): WholeLedger =>
  redisLedger(client, { deadlineMs: 15_000, ...options }) as WholeLedger;

export const hold = (key: string, amount: number, limit: number, more: Partial<Hold> = {}): Hold => ({
  account: { key },
  amount,
  limit,
  enforce: true,
  thresholds: [0.5, 0.8, 1],
  ...more,
});

export const request = (id: string, holds: readonly Hold[], more: Partial<ReserveRequest> = {}): ReserveRequest => ({
  id,
  at: Date.now(),
  ttlMs: 60_000,
  holds,
  ...more,
});

export const reported = () => ({ rank: 'reported', at: Date.now() }) as const;

export async function balanceOf(ledger: Ledger, key: string) {
  const [balance] = await ledger.balances([{ key }], Date.now());
  return balance;
}

/** How often the server has been asked to do something, by the name of the command. */
export async function countOf(client: Redis, command: string): Promise<number> {
  const [, calls = '0'] =
    new RegExp(`^cmdstat_${command}:calls=(\\d+)`, 'm').exec(await client.info('commandstats')) ?? [];
  return Number(calls);
}
