import { type AccountRef, OptionsError } from '@eden-cost/core';
import type { RedisClient } from './client.js';
import { type RedisLedgerOptions, redisLedger } from './index.js';

const client = { evalSha: async () => 0, eval: async () => 0 } as RedisClient;

test.each<[string, object, string]>([
  ['an option that does not exist', { prefx: 'a' }, 'prefx is not an option'],
  ['a prefix with a brace', { prefix: 'a{b}' }, 'prefix must be'],
  ['an empty prefix', { prefix: '' }, 'prefix must be'],
  ['a partition that is no function', { partition: 'eu' }, 'partition must be a function'],
  ['no processes', { processes: 0 }, 'processes must be'],
  ['half a process', { processes: 1.5 }, 'processes must be'],
  ['no time to answer', { deadlineMs: 0 }, 'deadlineMs must be'],
  ['a deadline that is no number', { deadlineMs: '250' }, 'deadlineMs must be'],
])('%s is refused at start', (_what, options, message) => {
  const make = () => redisLedger(client, options as RedisLedgerOptions);
  expect(make).toThrow(OptionsError);
  expect(make).toThrow(message);
});

test.each<[string, unknown]>([
  ['nothing', undefined],
  ['the options of a client', { host: 'localhost' }],
  ['a promise of a client', Promise.resolve(client)],
  ['the address of a server', 'redis://localhost'],
  ['node-redis 3, whose methods take callbacks', { evalsha: () => true, eval: () => true }],
])('%s is no client', (_what, given) => {
  expect(() => redisLedger(given as RedisClient)).toThrow(OptionsError);
  expect(() => redisLedger(given as RedisClient)).toThrow('ioredis 5 or 6, of iovalkey, or of node-redis 4, 5 or 6');
});

test('a partition without a name, and a call over two of them, are refused with the fix', async () => {
  const refused = (partition: (account: AccountRef) => unknown) => {
    const ledger = redisLedger(client, { partition: partition as () => string });
    const holds = ['x', 'y'].map((key) => ({ account: { key }, amount: 1, limit: 1, enforce: true, thresholds: [] }));
    return ledger.reserve({ id: 'a', at: 0, ttlMs: 1, holds });
  };
  await expect(refused(() => undefined)).rejects.toThrow('partition() must answer with the name of a partition');
  await expect(refused(({ key }) => key)).rejects.toThrow(
    'partition() puts the accounts of one call into 2 partitions (x, y), over which no step is atomic: answer with the same name',
  );
});
