import { describeWithRedis } from '../support/redis-server.js';
import { ledgerOf, useRedis } from './kit.js';
import { expectAllGivenBack } from './rounds-of-loss.js';

describeWithRedis('the Redis ledger, when its server has lost the balances or went back', () => {
  const redis = useRedis();

  /** All keys as the server has them now. */
  async function copy(): Promise<() => Promise<void>> {
    const keys = await redis.client.keys('*');
    const copies = await Promise.all(
      keys.map(async (key) => [key, await redis.client.pttl(key), await redis.client.dumpBuffer(key)] as const),
    );
    return async () => {
      await redis.client.flushall();
      for (const [key, ttl, dumped] of copies) await redis.client.restore(key, Math.max(0, ttl), dumped);
    };
  }

  test('what is spent while one process after another gives back what it saw, is booked', async () => {
    const empty = async () => void (await redis.client.flushall());
    await expectAllGivenBack({ open: () => ledgerOf(redis.client), empty, copy }, 40);
  });

  test('who has given back already, and is told again of the same loss, adds nothing', async () => {
    const ledger = ledgerOf(redis.client);
    await ledger.balances([], 0);
    await redis.client.flushall();
    const seen = (settled: number) => [{ account: { key: 'x' }, balance: { settled, reserved: 0, toppedUp: 0 } }];
    for (const settled of [10, 18, 19]) await ledger.restore(seen(settled), 0);
    expect(await ledger.balances([{ key: 'x' }], 0)).toMatchObject([{ settled: 10 }]);
  });
});
