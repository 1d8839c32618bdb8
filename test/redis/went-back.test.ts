import { type Ledger, LedgerLostError } from '@eden-cost/core';
import { manualClock } from '@eden-cost/testing';
import { describeWithRedis } from '../support/redis-server.js';
import { balanceOf, hold, ledgerOf, reported, request, useRedis } from './kit.js';

const lost = { code: 'ERR_COST_LEDGER_LOST', message: expect.stringMatching(/has gone back to an earlier state/) };

describeWithRedis('the Redis ledger, when its server is restarted', () => {
  describe('from an older snapshot', () => {
    const redis = useRedis();
    const reserve = (ledger: Ledger, id: string) => ledger.reserve(request(id, [hold('x', 10, 100)]));

    test('the processes whose changes are gone are told, and then all others', async () => {
      const [busy, idle] = [ledgerOf(redis.client), ledgerOf(redis.connect())];
      await reserve(idle, 'theirs');
      await redis.client.save();
      await reserve(busy, 'ours');
      await redis.server.restart();
      expect(await balanceOf(idle, 'x')).toMatchObject({ reserved: 10 });
      await expect(reserve(busy, 'next')).rejects.toMatchObject(lost);
      await expect(reserve(idle, 'next')).rejects.toThrow(LedgerLostError);
      expect(await redis.client.exists('{eden-cost}:r:next')).toBe(0);
    });

    test('it is given back what was last seen, and what is finished is neither held nor charged again', async () => {
      const ledger = ledgerOf(redis.client);
      for (const id of ['open', 'settled', 'released']) await reserve(ledger, id);
      await redis.client.save();
      const truth = reported();
      await ledger.settle('settled', 7, truth);
      await ledger.release('released', 0);
      await redis.server.restart();
      await expect(balanceOf(ledger, 'x')).rejects.toMatchObject(lost);
      const remembered = [{ account: { key: 'x' }, balance: { settled: 7, reserved: 0, toppedUp: 0 } }];
      const finished = [
        { id: 'settled', amount: 7, truth },
        { id: 'released', amount: 0, truth: { rank: 'expired', at: 0 } as const },
        { id: 'never heard of', amount: 5, truth },
      ];
      await ledger.restore(remembered, 0, finished);
      expect(await balanceOf(ledger, 'x')).toEqual({ settled: 7, reserved: 10, toppedUp: 0 });
      expect(await ledger.settle('settled', 7, truth)).toMatchObject({ applied: false, known: true, previous: 7 });
      expect(await ledger.settle('settled', 9, { ...truth, at: truth.at + 1 })).toMatchObject({ applied: true });
      expect(await ledger.settle('open', 10, truth)).toMatchObject({ applied: true });
      expect(await balanceOf(ledger, 'x')).toEqual({ settled: 19, reserved: 0, toppedUp: 0 });
    });

    test('a process that asks nothing notices it by itself', async () => {
      const clock = manualClock();
      const ledger = ledgerOf(redis.client, { clock });
      let lose = (_: unknown) => {};
      const told = new Promise((resolve) => (lose = resolve));
      await ledger.start((cause) => lose(cause));
      await redis.client.save();
      await reserve(ledger, 'ours');
      await redis.server.restart();
      clock.advance(10_000);
      expect(await told).toMatchObject(lost);
      await ledger.close();
    });

    test('also when its client has asked as much again since as was lost', async () => {
      const ledger = ledgerOf(redis.client);
      await reserve(ledger, 'a');
      const [changes] = await redis.client.keys('{eden-cost}:w:*');
      const b = reserve(ledger, 'b');
      void redis.client.set(changes as string, 1); // the server is restarted here
      const c = reserve(ledger, 'c');
      expect(await b).toMatchObject({ admitted: true });
      await expect(c).rejects.toMatchObject(lost);
      await expect(balanceOf(ledger, 'x')).rejects.toThrow(LedgerLostError);
    });
  });

  describe('with a log of all that it did (appendfsync always)', () => {
    const redis = useRedis('--appendonly', 'yes', '--appendfsync', 'always');

    test('nothing is lost', async () => {
      const ledger = ledgerOf(redis.client);
      for (const id of ['a', 'b']) await ledger.reserve(request(id, [hold('x', 10, 100)]));
      await ledger.settle('a', 7, reported());
      await redis.server.restart();
      expect(await balanceOf(ledger, 'x')).toEqual({ settled: 7, reserved: 10, toppedUp: 0 });
      expect(await ledger.settle('b', 5, reported())).toMatchObject({ applied: true });
    });
  });
});
