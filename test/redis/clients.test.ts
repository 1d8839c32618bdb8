import { OptionsError } from '@eden-cost/core';
import { describeWithRedis } from '../support/redis-server.js';
import { CLIENTS, type Connected } from './clients.js';
import { balanceOf, countOf, hold, ledgerOf, reported, request, useRedis } from './kit.js';

const FOUR = ['hour', 'day', 'month', 'total'].map((key) => hold(key, 10, 100));

describeWithRedis('the Redis ledger, with the client that the app has', () => {
  const redis = useRedis();

  describe.each(Object.keys(CLIENTS))('%s', (name) => {
    let connected: Connected;
    beforeEach(async () => {
      connected = await (CLIENTS[name] as (path: string) => Promise<Connected>)(redis.server.path);
    });
    afterEach(() => connected.close());

    test('reserve, settle, release and extend are one round trip each, over four budgets', async () => {
      const ledger = ledgerOf(connected.client, { processes: 1 });
      const steps = async (call: string) => {
        await ledger.reserve(request(`${call}-a`, FOUR));
        await ledger.extend([`${call}-a`], 60_000, Date.now());
        await ledger.settle(`${call}-a`, 7, reported());
        await ledger.reserve(request(`${call}-b`, FOUR));
        await ledger.release(`${call}-b`, Date.now());
      };
      await steps('first');
      await redis.client.config('RESETSTAT');
      await steps('second');
      expect(await countOf(redis.client, 'evalsha')).toBe(5);
      expect(await countOf(redis.client, 'eval')).toBe(0);
      expect(await balanceOf(ledger, 'month')).toEqual({ settled: 14, reserved: 0, toppedUp: 0 });
    });

    test('goes on when the server has forgotten the scripts', async () => {
      const ledger = ledgerOf(connected.client);
      expect(await ledger.reserve(request('a', [hold('x', 10, 100)]))).toMatchObject({ admitted: true });
      await redis.client.script('FLUSH');
      expect(await ledger.reserve(request('b', [hold('x', 10, 100)]))).toMatchObject({ admitted: true });
      await redis.client.script('FLUSH');
      expect(await ledger.settle('a', 7, reported())).toMatchObject({ applied: true });
      expect(await balanceOf(ledger, 'x')).toEqual({ settled: 7, reserved: 10, toppedUp: 0 });
    });

    test('amounts are exact up to 2^53', async () => {
      const ledger = ledgerOf(connected.client);
      const most = Number.MAX_SAFE_INTEGER;
      await ledger.reserve(request('a', [hold('x', most - 1, most)]));
      expect(await ledger.settle('a', most - 1, reported())).toMatchObject({ applied: true, overruns: [0] });
      expect(await ledger.reserve(request('b', [hold('x', 2, most)]))).toMatchObject({
        admitted: false,
        refusal: { reason: 'spent', balance: { settled: most - 1, reserved: 0, toppedUp: 0 } },
      });
      expect(await ledger.reserve(request('c', [hold('x', 1, most)]))).toMatchObject({ admitted: true });
    });
  });

  test('the balances that an answer tells are those after it', async () => {
    const ledger = ledgerOf(redis.client);
    const own = { account: { key: 'request', owner: {} } };
    const holds = [hold('x', 10, 100), hold('', 10, 100, own), hold('y', 20, 100)];
    expect(await ledger.reserve(request('a', holds))).toEqual({
      admitted: true,
      exceeded: [],
      crossed: [],
      balances: [
        { settled: 0, reserved: 10, toppedUp: 0 },
        { settled: 0, reserved: 10, toppedUp: 0 },
        { settled: 0, reserved: 20, toppedUp: 0 },
      ],
    });
    expect((await ledger.settle('a', 60, reported())).balances).toEqual([
      { settled: 60, reserved: 0, toppedUp: 0 },
      { settled: 60, reserved: 0, toppedUp: 0 },
      { settled: 60, reserved: 0, toppedUp: 0 },
    ]);
  });

  test("a client's own key prefix stands before every key", async () => {
    const ledger = ledgerOf(redis.connect({ keyPrefix: 'app:' }), { prefix: 'costs' });
    await ledger.start();
    await ledger.reserve(request('a', [hold('x', 10, 100)], { ttlMs: 1 }));
    await ledger.topUp({ key: 'x' }, { id: 'n', at: 0, amount: 5, actor: 'ann', reason: 'upgrade' });
    await ledger.reserve(request('b', [hold('x', 10, 100)]));
    await ledger.settle('b', 10, reported());
    expect(await balanceOf(ledger, 'x')).toMatchObject({ settled: 20, toppedUp: 5 });
    const keys = (await redis.client.keys('*')).map((key) => key.replace(/:w:[0-9a-f-]{36}$/, ':w:process'));
    expect(keys.sort()).toEqual(['a:x', 'e', 'n:x', 'p', 'r:a', 'r:b', 'w:process'].map((key) => `app:{costs}:${key}`));
    await ledger.close();
  });

  test("a client's own key prefix may have any signs", async () => {
    const ledger = ledgerOf(redis.connect({ keyPrefix: 'a"b\\c\t\u{1F600}:' }));
    await ledger.start();
    expect(await ledger.reserve(request('a', [hold('x', 10, 100)]))).toMatchObject({ admitted: true });
    await ledger.settle('a', 7, reported());
    expect(await balanceOf(ledger, 'x')).toEqual({ settled: 7, reserved: 0, toppedUp: 0 });
    await ledger.close();
  });

  test("a client's own key prefix with a character of code 0 is refused at the start, with the reason", async () => {
    const ledger = ledgerOf(redis.connect({ keyPrefix: 'a\0:' }));
    await expect(ledger.start()).rejects.toThrow('keyPrefix of the client has a character of code 0');
    await expect(ledger.reserve(request('a', [hold('x', 10, 100)]))).rejects.toThrow('keyPrefix');
    expect(await redis.client.keys('*')).toEqual([]);
  });

  test('a thousand budgets are one step, and more are refused before any of them is touched', async () => {
    const ledger = ledgerOf(redis.client);
    const holds = (count: number) => Array.from({ length: count }, (_, index) => hold(`x${index}`, 10, 100));
    expect(await ledger.reserve(request('a', holds(1_000)))).toMatchObject({ admitted: true });
    expect(await ledger.settle('a', 7, reported())).toMatchObject({ applied: true });
    expect(await balanceOf(ledger, 'x999')).toEqual({ settled: 7, reserved: 0, toppedUp: 0 });
    await expect(ledger.reserve(request('b', holds(1_001)))).rejects.toThrow(OptionsError);
    expect(await balanceOf(ledger, 'x999')).toMatchObject({ reserved: 0 });
  });

  test('no key holds what a user has typed, and each goes 35 days after its window, but those of "total"', async () => {
    const ledger = ledgerOf(redis.client);
    const typed = 'day:{x}\r\n FLUSHALL "\u{1F600}';
    const day = { key: typed, endsAt: Date.now() + 3_600_000 };
    await ledger.reserve(request(typed, [hold('', 10, 100, { account: day }), hold('total', 10, 100)]));
    await ledger.topUp(day, { id: typed, at: 0, amount: 5, actor: 'ann', reason: typed });
    expect(await ledger.settle(typed, 60, reported())).toMatchObject({
      applied: true,
      crossed: [{ index: 0 }, { index: 1 }],
    });
    const keys = await redis.client.keys('*');
    expect(keys.filter((key) => !/^\{eden-cost\}:(e|[anr]:#[0-9a-f]{40}|a:total|w:[0-9a-f-]{36})$/.test(key))).toEqual(
      [],
    );
    const days = async (pattern: string) => {
      const ms = await redis.client.pttl(keys.find((key) => key.startsWith(`{eden-cost}:${pattern}`)) as string);
      return ms < 0 ? ms : Math.round(ms / 86_400_000);
    };
    expect([
      await days('a:#'),
      await days('n:#'),
      await days('r:#'),
      await days('w'),
      await days('a:total'),
      await days('e'),
    ]).toEqual([35, 35, 1, 7, -1, -1]);
  });

  test('a crowd of expired reservations is settled twenty at a time', async () => {
    const ledger = ledgerOf(redis.client);
    const many = Array.from({ length: 50 }, (_, index) => `call-${index}`);
    await Promise.all(many.map((id) => ledger.reserve(request(id, [hold('x', 1, 100)]))));
    for (const id of many) await redis.client.zadd('{eden-cost}:x', 1, id);
    const settled = [];
    for (let round = 0; round < 4; round++) settled.push(await balanceOf(ledger, 'x'));
    expect(settled.map((balance) => [balance?.settled, balance?.reserved])).toEqual([
      [20, 30],
      [40, 10],
      [50, 0],
      [50, 0],
    ]);
  });
});
