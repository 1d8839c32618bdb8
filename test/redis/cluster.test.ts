import { OptionsError } from '@eden-cost/core';
import type { RedisClient } from '@eden-cost/redis';
import { Cluster as Cluster6 } from 'ioredis';
import { Cluster as Cluster5 } from 'ioredis5';
import { Cluster as ValkeyCluster } from 'iovalkey';
import { createCluster as createCluster6 } from 'redis';
import { createCluster as createCluster4 } from 'redis4';
import { createCluster as createCluster5 } from 'redis5';
import { type RedisCluster, startCluster } from '../support/redis-cluster.js';
import { describeWithRedis } from '../support/redis-server.js';
import { balanceOf, hold, ledgerOf, reported, request } from './kit.js';

let cluster: RedisCluster;
const closes: (() => unknown)[] = [];

const closing = <C extends RedisClient & { disconnect(): unknown }>(client: C): C => {
  closes.push(() => client.disconnect());
  return client;
};
const rootNodes = () => cluster.nodes.map((socket) => ({ socket: { ...socket, tls: false as const } }));

const CLIENTS: Readonly<Record<string, () => Promise<RedisClient>>> = {
  'ioredis 5': async () => closing(new Cluster5([...cluster.nodes])),
  'ioredis 6': async () => closing(new Cluster6([...cluster.nodes])),
  iovalkey: async () => closing(new ValkeyCluster([...cluster.nodes])),
  'node-redis 4': async () => {
    const client = closing(createCluster4({ rootNodes: rootNodes() }));
    await client.connect();
    return client;
  },
  'node-redis 5': async () => {
    const client = createCluster5({ rootNodes: rootNodes() });
    closes.push(() => client.destroy());
    return client.connect();
  },
  'node-redis 6': async () => {
    const client = createCluster6({ rootNodes: rootNodes() });
    closes.push(() => client.destroy());
    return client.connect();
  },
};

/** By the tenant, which stands last in the key of each of its accounts. */
const byTenant = { partition: ({ key }: { key: string }) => key.slice(key.lastIndexOf(':') + 1) };

describeWithRedis('the Redis ledger, in a cluster of three primaries', () => {
  beforeAll(async () => {
    cluster = await startCluster();
  }, 60_000);
  afterAll(async () => {
    await Promise.allSettled(closes.map(async (close) => close()));
    await cluster?.close();
  });

  test.each(Object.keys(CLIENTS))('%s: four budgets are one step', async (name) => {
    const client = await (CLIENTS[name] as () => Promise<RedisClient>)();
    const ledger = ledgerOf(client, { prefix: name.replace(' ', '-') });
    await ledger.start();
    const four = ['hour', 'day', 'month', 'total'].map((key) => hold(key, 10, 100));
    const results = await Promise.all(Array.from({ length: 20 }, (_, id) => ledger.reserve(request(`c${id}`, four))));
    expect(results.filter(({ admitted }) => admitted)).toHaveLength(10);
    for (let id = 0; id < 20; id++) await ledger.settle(`c${id}`, 7, reported());
    expect(await balanceOf(ledger, 'day')).toEqual({ settled: 70, reserved: 0, toppedUp: 0 });
    expect(await balanceOf(ledger, 'total')).toEqual({ settled: 70, reserved: 0, toppedUp: 0 });
    await ledger.close();
  });

  test('with partitions, all primaries have their share, and any process settles what another one reserved', async () => {
    const client = closing(new Cluster6([...cluster.nodes]));
    const [first, second] = [ledgerOf(client, byTenant), ledgerOf(client, byTenant)];
    const before = await cluster.sizes();
    for (let tenant = 0; tenant < 12; tenant++) {
      const holds = [hold(`day:${tenant}`, 10, 100), hold(`month:${tenant}`, 10, 100)];
      expect(await first.reserve(request(`p${tenant}`, holds))).toMatchObject({ admitted: true });
    }
    const after = await cluster.sizes();
    for (const [index, size] of after.entries()) expect(size).toBeGreaterThan(before[index] as number);
    await second.extend(['p0', 'nobody'], 60_000, 0);
    expect(await second.settle('p0', 7, reported())).toMatchObject({ applied: true, known: true });
    expect(await second.release('p1', 0)).toBe(true);
    expect(await second.settle('nobody', 7, reported())).toMatchObject({ known: false });
    const accounts = ['day:0', 'month:1', 'day:2', 'day:1'].map((key) => ({ key }));
    const balances = await first.balances(accounts, 0);
    expect(balances.map(({ settled, reserved }) => [settled, reserved])).toEqual([
      [7, 0],
      [0, 0],
      [0, 10],
      [0, 0],
    ]);
    await first.topUp({ key: 'day:2' }, { id: 'n', at: 0, amount: 5, actor: 'ann', reason: 'upgrade' });
    expect(await balanceOf(second, 'day:2')).toMatchObject({ toppedUp: 5 });
    await Promise.all([first.close(), second.close()]);
  });

  test('a call over two partitions, and too many of them, are refused with the fix', async () => {
    const client = closing(new Cluster6([...cluster.nodes]));
    const ledger = ledgerOf(client, { ...byTenant, prefix: 'many' });
    const two = ledger.reserve(request('a', [hold('day:1', 1, 1), hold('day:2', 1, 1)]));
    await expect(two).rejects.toThrow(OptionsError);
    for (let tenant = 0; tenant < 64; tenant++) await ledger.balances([{ key: `day:${tenant}` }], 0);
    await expect(ledger.balances([{ key: 'day:64' }], 0)).rejects.toThrow('more than 64 partitions');
    await ledger.balances([{ key: 'day:63' }], 0);
  });

  test('what is lost on one primary is restored there, and the others go on', async () => {
    const client = closing(new Cluster6([...cluster.nodes]));
    const ledger = ledgerOf(client, { ...byTenant, prefix: 'lost' });
    const accounts = ['day:a', 'day:b'].map((key) => ({ key }));
    await ledger.balances(accounts, 0);
    await client.del('{lost/a}:e');
    await expect(ledger.balances(accounts, 0)).rejects.toMatchObject({ code: 'ERR_COST_LEDGER_LOST' });
    const balance = { settled: 7, reserved: 0, toppedUp: 0 };
    await ledger.restore(
      accounts.map((account) => ({ account, balance })),
      0,
    );
    expect(await ledger.balances(accounts, 0)).toEqual([balance, { ...balance, settled: 0 }]);
  });

  test.each(['xewra', 'ewrax', 'wraxe', 'raxew', 'axewr'])(
    'while its slot moves to another primary, key by key (%s), the ledger is down, and nothing is booked in both places',
    async (order) => {
      const client = closing(new Cluster6([...cluster.nodes], { retryDelayOnTryAgain: 1 }));
      const ledger = ledgerOf(client, { prefix: order });
      await ledger.start();
      for (const id of ['settled', 'released', 'extended']) await ledger.reserve(request(id, [hold('x', 10, 100)]));
      const steps = [
        () => ledger.reserve(request('new', [hold('x', 10, 100)])),
        () => ledger.settle('settled', 7, reported()),
        () => ledger.release('released', Date.now()),
      ];
      const move = await cluster.beginMove(`{${order}}:`);
      for (const kind of order.slice(0, -1)) {
        await move.keys(...(await move.keysLike(`{${order}}:${kind}*`)));
        for (const step of steps) await expect(step()).rejects.toThrow(/non local key|Too many Cluster redirections/);
      }
      await move.keys(...(await move.keysLike(`{${order}}:*`)));
      await move.end();
      for (const step of steps) await step();
      expect(await balanceOf(ledger, 'x')).toEqual({ settled: 7, reserved: 20, toppedUp: 0 });
      await ledger.close();
    },
  );
});
