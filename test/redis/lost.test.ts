import { LedgerLostError, LedgerQuestionError } from '@eden-cost/core';
import { manualClock } from '@eden-cost/testing';
import { describeWithRedis } from '../support/redis-server.js';
import { until } from '../support/until.js';
import { balanceOf, hold, ledgerOf, reported, request, useRedis } from './kit.js';

const remembered = (key: string, settled: number, toppedUp = 0) => ({
  account: { key },
  balance: { settled, reserved: 5, toppedUp },
});

describeWithRedis('the Redis ledger, when its server has lost the balances', () => {
  const redis = useRedis();

  test('every question is answered with a LedgerLostError, until it is restored', async () => {
    const ledger = ledgerOf(redis.client);
    await ledger.start();
    await ledger.reserve(request('a', [hold('x', 10, 100)]));
    await redis.client.flushall();
    const lost = { name: 'LedgerLostError', code: 'ERR_COST_LEDGER_LOST' };
    await expect(ledger.reserve(request('b', [hold('x', 10, 100)]))).rejects.toMatchObject(lost);
    await expect(ledger.reserve(request('b', [hold('x', 10, 100)], { probe: true }))).rejects.toMatchObject(lost);
    await expect(ledger.settle('a', 5, reported())).rejects.toThrow(LedgerLostError);
    await expect(ledger.release('a', 0)).rejects.toMatchObject(lost);
    await expect(ledger.extend(['a'], 60_000, 0)).rejects.toMatchObject(lost);
    await expect(ledger.balances([{ key: 'x' }], 0)).rejects.toMatchObject(lost);
    await expect(ledger.balances([], 0)).rejects.toMatchObject(lost);
    const note = { id: 'n', at: 0, amount: 5, actor: 'ann', reason: 'upgrade' };
    await expect(ledger.topUp({ key: 'x' }, note)).rejects.toMatchObject(lost);
    expect(await redis.client.keys('*')).toEqual([]);
    await ledger.restore([], 0);
    expect(await balanceOf(ledger, 'x')).toEqual({ settled: 0, reserved: 0, toppedUp: 0 });
    expect(await ledger.settle('a', 5, reported())).toMatchObject({ applied: false, known: false });
    await ledger.close();
  });

  test('it is restored to the most that any process remembers, however often and in whatever order', async () => {
    const [first, second] = [ledgerOf(redis.client), ledgerOf(redis.connect())];
    await first.balances([], 0);
    await second.balances([], 0);
    await redis.client.flushall();
    await first.restore([remembered('x', 60), remembered('y', 10, 5)], 0);
    await first.reserve(request('new', [hold('x', 20, 100)]));
    await expect(second.balances([], 0)).rejects.toThrow(LedgerLostError);
    await second.restore([remembered('x', 40), remembered('y', 30)], 0);
    await first.restore([remembered('x', 60)], 0);
    for (const ledger of [first, second]) {
      expect(await balanceOf(ledger, 'x')).toEqual({ settled: 60, reserved: 20, toppedUp: 0 });
      expect(await balanceOf(ledger, 'y')).toEqual({ settled: 30, reserved: 0, toppedUp: 5 });
    }
  });

  test('a process that starts on the empty server does not hide the loss from those that remember', async () => {
    const old = ledgerOf(redis.client);
    await old.balances([], 0);
    await redis.client.flushall();
    const young = ledgerOf(redis.connect());
    expect(await young.reserve(request('a', [hold('x', 10, 100)]))).toMatchObject({ admitted: true });
    await expect(old.balances([], 0)).rejects.toThrow(LedgerLostError);
    await old.restore([remembered('x', 60)], 0);
    expect(await balanceOf(young, 'x')).toEqual({ settled: 60, reserved: 10, toppedUp: 0 });
  });

  test('what another process has finished is not held again by the one that reserved it', async () => {
    for (const options of [{}, { prefix: 'parted', partition: () => 'a' }]) {
      const [starter, worker] = [ledgerOf(redis.client, options), ledgerOf(redis.client, options)];
      const job = request('job', [hold('x', 10, 100)]);
      await starter.reserve(job);
      const truth = reported();
      await worker.settle('job', 7, truth);
      await redis.client.flushall();
      await expect(worker.balances([{ key: 'x' }], 0)).rejects.toThrow(LedgerLostError);
      await worker.restore([remembered('x', 7)], 0, [{ id: 'job', amount: 7, truth }]);
      await expect(starter.reserve(job)).rejects.toThrow(LedgerLostError);
      await starter.restore([], 0);
      expect(await starter.reserve(job)).toMatchObject({ admitted: true, exceeded: [] });
      expect(await starter.settle('job', 7, truth)).toMatchObject({ applied: false, known: true, previous: 7 });
      expect(await balanceOf(starter, 'x')).toEqual({ settled: 7, reserved: 0, toppedUp: 0 });
    }
  });

  test('thousands of accounts are restored, each with its window', async () => {
    const ledger = ledgerOf(redis.client);
    const endsAt = Date.now() + 60_000;
    const many = Array.from({ length: 1_201 }, (_, index) => ({
      account: { key: `x${index}`, endsAt },
      balance: { settled: index, reserved: 0, toppedUp: 0 },
    }));
    await ledger.restore(many, 0);
    const balances = await ledger.balances(
      many.map(({ account }) => account),
      0,
    );
    expect(balances.map(({ settled }) => settled)).toEqual(many.map((_, index) => index));
    expect(await redis.client.pttl('{eden-cost}:a:x1200')).toBeGreaterThan(34 * 86_400_000);
  });

  test.each(['a text', 'of another type'])(
    'what stands under the key of an account, and is %s of something else, is an error of one question, and stays',
    async (kind) => {
      const key = '{eden-cost}:a:theirs';
      const ledger = ledgerOf(redis.client);
      await (kind === 'a text' ? redis.client.set(key, 'not ours') : redis.client.hset(key, 'field', 'not ours'));
      const stands = await redis.client.dump(key);
      const both = [hold('x', 10, 100), hold('theirs', 10, 100)];
      await expect(ledger.reserve(request('a', both))).rejects.toThrow(LedgerQuestionError);
      await expect(balanceOf(ledger, 'theirs')).rejects.toThrow(LedgerQuestionError);
      const note = { id: 'one', at: Date.now(), amount: 5, actor: 'a', reason: 'r' };
      await expect(ledger.topUp({ key: 'theirs' }, note)).rejects.toThrow(LedgerQuestionError);
      expect(await redis.client.dump(key)).toEqual(stands);
      expect(await ledger.reserve(request('b', [hold('x', 10, 100)]))).toMatchObject({ admitted: true });
      expect(await balanceOf(ledger, 'x')).toEqual({ settled: 0, reserved: 10, toppedUp: 0 });
    },
  );

  test('an account that the server deleted has no more room afterwards than its limit', async () => {
    const ledger = ledgerOf(redis.client);
    const reserve = (id: string) => ledger.reserve(request(id, [hold('x', 25, 100)]));
    for (const id of ['a', 'b', 'c', 'd']) await reserve(id);
    await redis.client.del('{eden-cost}:a:x');
    await ledger.release('a', 0);
    await reserve('e');
    for (const id of ['b', 'c', 'd']) await ledger.release(id, 0);
    expect(await balanceOf(ledger, 'x')).toEqual({ settled: 0, reserved: 0, toppedUp: 0 });
    const admitted = await Promise.all(['f', 'g', 'h', 'i', 'j'].map(reserve));
    expect(admitted.filter((result) => result.admitted)).toHaveLength(4);
  });

  test('of an account whose window ended more than 35 days ago nothing is stored, whatever it is told', async () => {
    const ledger = ledgerOf(redis.client);
    const account = { key: 'past', endsAt: Date.now() - 36 * 86_400_000 };
    const spent = () => ledger.reserve(request('a', [hold('', 1, 0, { account })]));
    for (let time = 0; time < 2; time++) expect(await spent()).toMatchObject({ refusal: { reason: 'spent' } });
    await ledger.reserve(request('b', [hold('', 1, 100, { account })]));
    expect(await ledger.settle('b', 100, reported())).toMatchObject({ applied: true });
    expect(await redis.client.keys('*:a:*')).toEqual([]);
  });

  test('what stands under the key of an account that a call has paid into keeps nobody from releasing that call', async () => {
    const ledger = ledgerOf(redis.client);
    await ledger.reserve(request('a', [hold('x', 10, 100)]));
    await ledger.settle('a', 7, reported());
    await redis.client.del('{eden-cost}:a:x');
    await redis.client.hset('{eden-cost}:a:x', 'field', 'not ours');
    expect(await ledger.release('a', 0)).toBe(false);
  });

  test('what has expired and cannot be read keeps no other question from its answer, and is settled once it can', async () => {
    const clock = manualClock();
    const ledger = ledgerOf(redis.client, { clock });
    await ledger.reserve(request('a', [hold('broken', 10, 100)], { ttlMs: 1_000 }));
    await redis.client.rename('{eden-cost}:a:broken', 'kept');
    await redis.client.hset('{eden-cost}:a:broken', 'field', 'not ours');
    clock.advance(1_001);
    expect(await ledger.reserve(request('b', [hold('x', 10, 100)]))).toMatchObject({ admitted: true });
    await redis.client.rename('kept', '{eden-cost}:a:broken');
    clock.advance(60_001);
    await until('it is settled', async () => (await balanceOf(ledger, 'broken'))?.settled === 10);
  });

  test.each(['x', 'w:*'])(
    'a value of something else under a key that all questions need (%s) is an outage, and changes nothing',
    async (name) => {
      const ledger = ledgerOf(redis.client);
      await ledger.reserve(request('a', [hold('x', 10, 100)]));
      const [key = ''] = await redis.client.keys(`{eden-cost}:${name}`);
      await redis.client.rename(key, 'kept');
      for (const put of [() => redis.client.set(key, 'not ours'), () => redis.client.hset(key, 'field', 'not ours')]) {
        await put();
        const asked = ledger.reserve(request('b', [hold('x', 10, 100)]));
        await expect(asked).rejects.toThrow(`NOTOURS what stands at ${key}`);
        await expect(asked).rejects.not.toThrow(LedgerQuestionError);
        await redis.client.del(key);
      }
      await redis.client.rename('kept', key);
      expect(await balanceOf(ledger, 'x')).toMatchObject({ reserved: 10 });
    },
  );
});
