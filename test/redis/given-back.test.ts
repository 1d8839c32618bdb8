import { type Ledger, LedgerLostError } from '@eden-cost/core';
import { describeWithRedis } from '../support/redis-server.js';
import { balanceOf, countOf, ledgerOf, useRedis } from './kit.js';
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

  describe('with many accounts', () => {
    const many = Array.from({ length: 1_201 }, (_, index) => ({
      account: { key: `x${index}` },
      balance: { settled: index, reserved: 0, toppedUp: 0 },
    }));
    const lastOf = (ledger: Ledger) => balanceOf(ledger, 'x1200');

    test('it has more time than a question', async () => {
      const ledger = ledgerOf(redis.client, { deadlineMs: 50 });
      await redis.connect().client('PAUSE', 400);
      await ledger.restore(many, 0);
      expect(await lastOf(ledgerOf(redis.client))).toMatchObject({ settled: 1_200 });
    });

    test('what has arrived is not sent again after a failure', async () => {
      const ledger = ledgerOf(redis.client);
      await redis.client.lpush('{eden-cost}:a:x1100', 'not ours');
      const before = await countOf(redis.client, 'hmget');
      await expect(ledger.restore(many, 0)).rejects.toThrow('WRONGTYPE');
      await redis.client.del('{eden-cost}:a:x1100');
      await ledger.restore(many, 0);
      expect((await countOf(redis.client, 'hmget')) - before).toBe(4);
      expect(await lastOf(ledger)).toMatchObject({ settled: 1_200 });
    });

    test('unless it is lost again meanwhile', async () => {
      const ledger = ledgerOf(redis.client);
      await redis.client.lpush('{eden-cost}:a:x1100', 'not ours');
      await expect(ledger.restore(many, 0)).rejects.toThrow('WRONGTYPE');
      await redis.client.flushall();
      await expect(ledger.restore(many, 0)).rejects.toThrow(LedgerLostError);
      await ledger.restore(many, 0);
      expect(await balanceOf(ledger, 'x7')).toMatchObject({ settled: 7 });
    });
  });
});
