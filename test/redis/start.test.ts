import { createMeter, OptionsError } from '@eden-cost/core';
import type { IoredisClient, NodeRedisClient } from '@eden-cost/redis';
import { manualClock } from '@eden-cost/testing';
import { createClient as createClient6 } from 'redis';
import { createClient as createClient4 } from 'redis4';
import { createClient as createClient5 } from 'redis5';
import { describeWithRedis, startRedis } from '../support/redis-server.js';
import { until } from '../support/until.js';
import { balanceOf, countOf, hold, ledgerOf, request, useRedis } from './kit.js';

/** The codes of the warnings that a task gives. */
async function warningsOf(task: () => unknown): Promise<(string | undefined)[]> {
  const emit = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
  await task();
  const codes = emit.mock.calls.map(([, options]) => (options as NodeJS.ErrnoException & { code?: string }).code);
  emit.mockRestore();
  return codes;
}

describeWithRedis('the Redis ledger, when it starts', () => {
  const redis = useRedis('--appendonly', 'yes');
  afterEach(async () => {
    await redis.client.config('SET', 'maxmemory-policy', 'noeviction');
    await redis.client.replicaof('NO', 'ONE');
  });

  test('on an empty server it begins, and on one that others use it goes on', async () => {
    const first = ledgerOf(redis.client);
    expect(await warningsOf(() => first.start())).toEqual([]);
    await first.reserve(request('a', [hold('x', 10, 100)]));
    const second = ledgerOf(redis.connect());
    await second.start();
    expect(await balanceOf(second, 'x')).toMatchObject({ reserved: 10 });
    await Promise.all([first.close(), second.close()]);
  });

  test('a read-only replica is refused, with the reason', async () => {
    const ledger = ledgerOf(redis.client);
    await redis.client.replicaof('127.0.0.1', 1);
    await expect(ledger.start()).rejects.toThrow(OptionsError);
    await expect(ledger.start()).rejects.toThrow('read-only replica. Give redisLedger() a client of the primary');
  });

  test('a user that may not run scripts is refused, with the reason', async () => {
    await redis.client.acl('SETUSER', 'weak', 'on', '>secret', '~*', '+@all', '-set');
    const ledger = ledgerOf(redis.connect({ username: 'weak', password: 'secret' }));
    await expect(ledger.start()).rejects.toThrow('its user may not run the ledger');
    await expect(ledger.start()).rejects.not.toThrow('secret');
  });

  test('a user is enough that may use no keys but its own, and no dangerous command', async () => {
    const account = hold('x', 10, 100);
    const partition = () => 'of x';
    const rights = ['on', '>secret', '+@all', '-@dangerous'];
    await redis.client.acl('SETUSER', 'own', 'reset', ...rights, '~{eden-cost}:*', '~{eden-cost/*');
    await redis.client.acl('SETUSER', 'home', 'reset', ...rights, '~{eden-cost}:*');
    const as = (username: string, options = {}) =>
      ledgerOf(redis.connect({ username, password: 'secret', enableReadyCheck: false }), options);
    const ledgers = [as('home'), as('own', { partition }), as('home', { partition })] as const;
    for (const ledger of ledgers) await ledger.start?.();
    expect(await ledgers[0].reserve(request('a', [account]))).toMatchObject({ admitted: true });
    expect(await ledgers[1].reserve(request('b', [account]))).toMatchObject({ admitted: true });
    await expect(ledgers[2].reserve(request('c', [account]))).rejects.toThrow();
    for (const ledger of ledgers) await ledger.close?.();
  });

  const COMMANDS = [
    'mget',
    'setrange',
    'append',
    'incr',
    'type',
    'hsetnx',
    'hmget',
    'pexpire',
    'zrangebyscore',
    'zcount',
    'del',
  ];
  test.each(COMMANDS)('a user that may not %s is refused, before a script could stop halfway', async (command) => {
    await redis.client.acl('SETUSER', 'weak', 'reset', 'on', '>secret', '~*', '+@all', `-${command}`);
    const client = redis.connect({ username: 'weak', password: 'secret', enableReadyCheck: false });
    await expect(ledgerOf(client).start()).rejects.toThrow(OptionsError);
    await expect(ledgerOf(client).start()).rejects.toThrow(`Now it lacks ${command.toUpperCase()}`);
  });

  test('what it tries at start, it leaves no trace of', async () => {
    const ledger = ledgerOf(redis.client);
    await ledger.start();
    expect((await redis.client.keys('*')).sort()).toEqual(['{eden-cost}:e', '{eden-cost}:p']);
    await ledger.close();
  });

  test('a meter without a primary is not ready, and says why', async () => {
    await redis.client.replicaof('127.0.0.1', 1);
    const meter = createMeter({ ledger: ledgerOf(redis.client), intercept: false });
    await expect(meter.ready()).rejects.toMatchObject({
      code: 'ERR_COST_OPTIONS',
      message: expect.stringContaining('it is a read-only replica'),
    });
    await meter.close();
  });

  test('a server that evicts nothing, as it is by default, is warned of in no way', async () => {
    const ledger = ledgerOf(redis.client);
    expect(await redis.client.config('GET', 'maxmemory-policy')).toEqual(['maxmemory-policy', 'noeviction']);
    expect(await warningsOf(() => ledger.start())).toEqual([]);
    await ledger.close();
  });

  test('a server that does not tell how it is set up is believed', async () => {
    await redis.client.config('SET', 'appendonly', 'no');
    await redis.client.config('SET', 'maxmemory-policy', 'allkeys-lfu');
    await redis.client.acl('SETUSER', 'managed', 'on', '>secret', '~*', '+@all', '-info', '-config');
    const ledger = ledgerOf(redis.connect({ username: 'managed', password: 'secret', enableReadyCheck: false }));
    expect(await warningsOf(() => ledger.start())).toEqual([]);
    await ledger.close();
    await redis.client.config('SET', 'appendonly', 'yes');
  });

  test('a server that forgets what was spent since its latest snapshot is warned of', async () => {
    await redis.client.config('SET', 'appendonly', 'no');
    const ledger = ledgerOf(redis.client);
    expect(await warningsOf(() => ledger.start())).toEqual(['WARN_COST_PERSISTENCE']);
    await ledger.close();
    await redis.client.config('SET', 'appendonly', 'yes');
  });

  test('clocks that differ are warned of', async () => {
    const now = Date.now;
    const ahead = jest.spyOn(Date, 'now').mockImplementation(() => now() - 60_000);
    const ledger = ledgerOf(redis.client);
    expect(await warningsOf(() => ledger.start())).toEqual(['WARN_COST_CLOCK_SKEW']);
    ahead.mockRestore();
    await ledger.close();
  });

  test('a server that cannot be reached is the error of the client', async () => {
    const client = redis.connect({ path: '/nowhere', maxRetriesPerRequest: 0 });
    client.on('error', () => {});
    await expect(ledgerOf(client).start()).rejects.toThrow();
  });

  const socket = { path: '/nowhere', tls: false } as const;
  test.each<[string, NodeRedisClient]>([
    ['4', createClient4({ socket })],
    ['5', createClient5({ socket })],
    ['6', createClient6({ socket })],
  ])('a client of node-redis %s that was not connected is told to be', async (_version, client) => {
    await expect(ledgerOf(client).start()).rejects.toMatchObject({
      message: expect.stringContaining('await client.connect() before meter.ready()'),
      cause: { message: 'The client is closed' },
    });
  });

  test('each process hears how many share the ledger, unless it is told', async () => {
    const answered = async (ledger: ReturnType<typeof ledgerOf>, id: string) => {
      const result = await ledger.reserve(request(id, [hold('x', 1, 100)]));
      return result.admitted && result.processes;
    };
    const [first, second] = [ledgerOf(redis.client), ledgerOf(redis.connect())];
    await first.start();
    expect(await answered(first, 'a')).toBe(1);
    await second.start();
    expect(await answered(second, 'b')).toBe(2);
    await first.close();
    await until('the first has left', async () => (await redis.client.zcard('{eden-cost}:p')) === 1);
    const third = ledgerOf(redis.client);
    await third.start();
    expect(await answered(third, 'c')).toBe(2);
    expect(await answered(ledgerOf(redis.client, { processes: 7 }), 'd')).toBe(7);
    await Promise.all([second.close(), third.close()]);
    expect(await redis.client.zcard('{eden-cost}:p')).toBe(0);
    expect(await redis.client.ping()).toBe('PONG');
  });

  test('with partitions too, each process hears how many share the ledger, as it says that it is alive', async () => {
    const clock = manualClock();
    const partitioned = () => ledgerOf(redis.client, { partition: () => 'one', clock });
    const answered = async (ledger: ReturnType<typeof ledgerOf>, id: string) => {
      const result = await ledger.reserve(request(id, [hold('x', 1, 100)]));
      return result.admitted && result.processes;
    };
    const [first, second] = [partitioned(), partitioned()];
    expect(await answered(first, 'a')).toBeUndefined();
    await first.start();
    await second.start();
    expect([await answered(first, 'b'), await answered(second, 'c')]).toEqual([1, 2]);
    clock.advance(10_000);
    await until('the first has heard of the second', async () => (await answered(first, 'd')) === 2);
    await Promise.all([first.close(), second.close()]);
  });

  test('a server that is slow to say how many there are is not asked again meanwhile', async () => {
    const clock = manualClock();
    const ledger = ledgerOf(redis.client, { clock });
    await ledger.start();
    const before = await countOf(redis.client, 'evalsha');
    clock.advance(60 * 60_000);
    await redis.client.ping();
    await until(
      'both questions of one beat are answered',
      async () => (await countOf(redis.client, 'evalsha')) > before + 1,
    );
    clock.advance(10_000);
    await until('it goes on', async () => (await countOf(redis.client, 'evalsha')) === before + 4);
    await ledger.close();
  });

  test('a process says that it is alive also while another partition does not answer', async () => {
    const other = await startRedis();
    const there = redis.connect({ path: other.path });
    const of = (key: string | undefined) => (key?.includes('/other}') ? there : redis.client);
    const sharding: IoredisClient = {
      defineCommand: () => {},
      evalsha: (sha, count, ...rest) => of(rest[0]).evalsha(sha, count, ...rest),
      eval: (lua, count, ...rest) => of(rest[0]).eval(lua, count, ...rest),
    };
    const clock = manualClock();
    const ledger = ledgerOf(sharding, { clock, partition: () => 'other', deadlineMs: 60_000 });
    await ledger.start();
    await ledger.reserve(request('a', [hold('x', 1, 100)]));
    const before = await countOf(redis.client, 'evalsha');
    other.process.kill('SIGSTOP');
    clock.advance(10_000);
    await until('it has looked, and said so', async () => (await countOf(redis.client, 'evalsha')) === before + 2);
    other.process.kill('SIGCONT');
    await ledger.close();
    there.disconnect();
    await other.close();
  });
});
