import { dirname } from 'node:path';
import type { Budget, Ledger, Meter } from '@eden-cost/core';
import { chats } from '../support/chats.js';
import { many } from '../support/lists.js';
import { hear, nextEvent, useMeteredEden } from '../support/meter.js';
import { describeWithRedis, endOf, spawnRedis } from '../support/redis-server.js';
import { balanceOf, ledgerOf, until, useRedis } from './kit.js';

const BUDGET: Budget = { name: 'all', limitUsd: 1, window: 'total', estimateUsd: 0.01 };
const SPENDING = { reply: { costUsd: 0.01 } }; // as much as it holds

describeWithRedis('a meter whose Redis server fails', () => {
  const redis = useRedis();
  const metered = useMeteredEden();
  const { ask, heldCall } = chats(metered);
  let observer: Ledger;
  beforeEach(() => {
    observer = ledgerOf(redis.client);
  });
  const signal = (name: NodeJS.Signals) => async () => void redis.server.process.kill(name);

  const setup = (budget: Partial<Budget> = {}, deadlineMs = 1_500) => {
    const ledger = ledgerOf(redis.connect(), { deadlineMs, processes: 1 });
    return metered.meter({ budgets: [{ ...BUDGET, ...budget }], ledger, rateCard: false, waitMs: 0 });
  };
  const back = (meter: Meter) => nextEvent(meter, 'ledger', ({ state }) => state === 'up');

  async function expectBooksToAgree(meter: Meter): Promise<void> {
    const booked = () => balanceOf(observer, 'all:total');
    await until(async () => meter.snapshot().keptForLedger === 0 && (await booked())?.reserved === 0);
    expect(await booked()).toEqual({ settled: metered.eden.books().totalNanos, reserved: 0, toppedUp: 0 });
  }

  describe.each([
    ['frozen', signal('SIGSTOP'), signal('SIGCONT')],
    ['a read-only replica', () => redis.client.replicaof('127.0.0.1', 1), () => redis.client.replicaof('NO', 'ONE')],
    [
      'out of memory, which evicts nothing,',
      () => redis.client.config('SET', 'maxmemory', '1'),
      () => redis.client.config('SET', 'maxmemory', '0'),
    ],
  ])('that is %s', (_name, fail, mend) => {
    test('calls go on within the share of this process, and all of them are booked once afterwards', async () => {
      const meter = setup();
      const told = hear(meter);
      await Promise.all(many(5, () => ask(SPENDING)));
      const letGo = heldCall({ costUsd: 0.01 });
      const inFlight = ask();
      await metered.eden.received(6);
      await fail();
      try {
        const statuses = await Promise.all(many(30, () => ask(SPENDING)));
        expect(statuses.filter((status) => status === 200)).toHaveLength(10); // a tenth of the limit
        letGo();
        expect(await inFlight).toBe(200);
        expect(told.ledger).toMatchObject([{ state: 'down' }]);
        expect(meter.snapshot()).toMatchObject({ localCalls: 10, deniedCalls: 20 });
      } finally {
        const isUp = back(meter);
        await mend();
        await isUp;
      }
      expect(await ask(SPENDING)).toBe(200);
      await expectBooksToAgree(meter);
    });

    test('a budget that refuses answers its calls while the server is still so', async () => {
      const meter = setup({ onLedgerError: 'refuse' });
      expect(await ask(SPENDING)).toBe(200);
      await fail();
      try {
        expect(await Promise.all(many(3, () => ask()))).toEqual([402, 402, 402]);
      } finally {
        const isUp = back(meter);
        await mend();
        await isUp;
      }
      expect(metered.eden.books().requests).toBe(1);
      await expectBooksToAgree(meter);
    });
  });

  /** In each case its balances are gone. */
  test.each([
    ['is flushed', async () => void (await redis.client.flushall())],
    [
      'is killed and comes back empty',
      async () => {
        const { path, process } = redis.server;
        await endOf(process);
        again.push(await spawnRedis(['--port', '0', '--unixsocket', path, '--save', '', '--dir', dirname(path)]));
      },
    ],
  ])('that %s is lost, gets back what was last seen, and works again', async (_name, lose) => {
    const meter = setup();
    const told = hear(meter);
    await Promise.all(many(5, () => ask(SPENDING)));
    await expectBooksToAgree(meter);
    const letGo = heldCall({ costUsd: 0.01 });
    const inFlight = ask();
    await metered.eden.received(6);
    await lose();
    const isUp = back(meter);
    expect(await ask(SPENDING)).toBe(200);
    await isUp;
    expect(told.ledger.map(({ state }) => state)).toContain('lost');
    letGo();
    expect(await inFlight).toBe(200);
    observer = ledgerOf(redis.client); // it has seen another epoch before
    await expectBooksToAgree(meter);
    expect(metered.eden.books().totalNanos).toBe(70_000_000);
  });

  const again: Awaited<ReturnType<typeof spawnRedis>>[] = [];
  afterAll(() => Promise.all(again.map(endOf)));
});
