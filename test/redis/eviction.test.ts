import { createMeter } from '@eden-cost/core';
import { describeWithRedis } from '../support/redis-server.js';
import { ledgerOf, useRedis } from './kit.js';

describeWithRedis('the Redis ledger, on a server that deletes keys when its memory is full', () => {
  const redis = useRedis('--maxmemory', '50mb', '--maxmemory-policy', 'volatile-ttl', '--appendonly', 'yes');

  test('starts, and so does the app, with one warning that names the policy and the fix', async () => {
    const emit = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const ledgers = [ledgerOf(redis.client), ledgerOf(redis.connect())];
    for (const ledger of ledgers) {
      const meter = createMeter({ ledger, intercept: false });
      await meter.ready();
      await meter.close();
    }
    const told = emit.mock.calls.map(([message, options]) => ({ message, options }));
    emit.mockRestore();
    expect(told).toEqual([
      {
        message: expect.stringMatching(/maxmemory-policy is volatile-ttl.*Set maxmemory-policy to noeviction/),
        options: expect.objectContaining({ code: 'WARN_COST_EVICTION' }),
      },
    ]);
  });
});
