import { mkdirSync, rmdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Budget, Ledger, Meter } from '@eden-cost/core';
import type { IoredisClient } from '@eden-cost/redis';
import { refusedSettlementContract } from '../contract/refused-settlement-contract.js';
import { chats } from '../support/chats.js';
import { many } from '../support/lists.js';
import { hear, nextEvent, useMeteredEden } from '../support/meter.js';
import { describeWithRedis } from '../support/redis-server.js';
import { until } from '../support/until.js';
import { balanceOf, ledgerOf, useRedis } from './kit.js';

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
  const snapshot = () => join(dirname(redis.server.path), 'dump.rdb');
  const save = async () => void (await redis.client.save());
  const forgetSnapshot = async () => rmSync(snapshot(), { force: true });
  const restart = () => redis.server.restart();
  const signal = (name: NodeJS.Signals) => async () => void redis.server.process.kill(name);

  const setup = (budget: Partial<Budget> = {}, deadlineMs = 1_500) => {
    const ledger = ledgerOf(redis.connect(), { deadlineMs, processes: 1 });
    return metered.meter({
      budgets: [{ ...BUDGET, ...budget }],
      ledger,
      rateCard: false,
      waitMs: 0,
      paymentRequired: 'respond',
    });
  };
  const back = (meter: Meter) => nextEvent(meter, 'ledger', ({ state }) => state === 'up');

  async function expectBooksToAgree(meter: Meter): Promise<void> {
    const booked = () => balanceOf(observer, 'all:total');
    const isDone = async () => meter.snapshot().keptForLedger === 0 && (await booked())?.reserved === 0;
    await until('all is booked', isDone);
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
    ['unable to save its snapshots', failToSave, saveAgain],
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

  test('that is frozen under load keeps no call waiting, and nothing is lost or doubled', async () => {
    const frozenMs = 3_000;
    const meter = setup({ limitUsd: 1_000 }, 250); // the default deadline
    const told = hear(meter);
    const stalls = monitorEventLoopDelay();
    stalls.enable();
    let isLoaded = true;
    const endsAt = performance.now() + 25_000; // also when this test has timed out
    const waits: number[] = [];
    const load = many(10, async () => {
      while (isLoaded && performance.now() < endsAt) {
        const startedAt = performance.now();
        expect(await ask(SPENDING)).toBe(200);
        waits.push(performance.now() - startedAt);
      }
    });
    await metered.eden.received(20);
    redis.server.process.kill('SIGSTOP');
    try {
      await new Promise((resolve) => setTimeout(resolve, frozenMs));
      await until('the ledger is down', () => told.ledger.at(-1)?.state === 'down');
      isLoaded = false;
      await Promise.all(load); // while it is frozen still
    } finally {
      isLoaded = false;
      const isUp = back(meter);
      redis.server.process.kill('SIGCONT');
      await isUp;
    }
    const ownMs = 750; // of a call on a slow machine
    expect(Math.max(...waits)).toBeLessThan(250 + ownMs + stalls.max / 1e6); // one that stands still keeps all waiting
    const waited = waits.sort((one, other) => one - other);
    expect(waited[Math.floor(waited.length / 2)]).toBeLessThan(frozenMs / 3); // only what found it frozen waits for it
    stalls.disable();
    expect(meter.snapshot()).toMatchObject({ calls: waits.length, deniedCalls: 0 });
    await expectBooksToAgree(meter);
    expect(metered.eden.books().totalNanos).toBe(10_000_000 * waits.length);
  }, 30_000);

  test('that is slow on one connection of several holds nothing for a call that was denied meanwhile', async () => {
    const [quick, slow] = [redis.connect(), redis.connect()];
    let goOn = () => {};
    const isThrough = new Promise<void>((resolve) => (goOn = resolve));
    const late: Promise<unknown>[] = [];
    let isSlow = false;
    const evalsha = (...question: Parameters<IoredisClient['evalsha']>) => {
      if (!isSlow) return quick.evalsha(...question);
      const answer = isThrough.then(() => slow.evalsha(...question));
      late.push(answer);
      return answer;
    };
    const pool: IoredisClient = { defineCommand: () => {}, evalsha, eval: (...question) => quick.eval(...question) };
    const ledger = ledgerOf(pool, { deadlineMs: 1_500, processes: 1 });
    const budgets = [{ ...BUDGET, onLedgerError: 'refuse' as const }];
    const meter = metered.meter({ budgets, ledger, rateCard: false, waitMs: 0, paymentRequired: 'respond' });
    expect(await ask(SPENDING)).toBe(200);
    const isUp = back(meter);
    const denied = new Promise((resolve) => meter.on('denied', resolve));
    meter.on('ledger', () => (isSlow = false));
    isSlow = true;
    expect(await ask()).toBe(402);
    await denied;
    await isUp;
    await until('nothing is kept', () => meter.snapshot().keptForLedger === 0);
    goOn();
    const [admitted] = await Promise.all(late);
    expect(admitted).toEqual(expect.arrayContaining([1]));
    await expectBooksToAgree(meter);
  });

  test('that is frozen tells of the limits that a settlement crossed meanwhile, once', async () => {
    const meter = setup({ limitUsd: 0.02 });
    const told = hear(meter);
    const letGo = heldCall({ costUsd: 0.03 });
    const inFlight = ask();
    await metered.eden.received(1);
    redis.server.process.kill('SIGSTOP');
    const isUp = back(meter);
    try {
      letGo();
      expect(await inFlight).toBe(200);
      await until('the settlement is kept', () => meter.snapshot().keptForLedger === 1);
      expect(told.threshold).toEqual([]);
    } finally {
      redis.server.process.kill('SIGCONT');
    }
    await isUp;
    await expectBooksToAgree(meter);
    await until('three thresholds are told', () => told.threshold.length >= 3);
    expect(told.threshold.map(({ threshold }) => threshold)).toEqual([0.5, 0.8, 1]);
    expect(told.overrun.map(({ amount }) => amount)).toEqual([10_000_000]);
  });

  test('at what one call needs denies that call, and is not down for it', async () => {
    const meter = setup({ by: 'tenant' });
    const told = hear(meter);
    const askFor = (tenant: string) => meter.run({ labels: { tenant } }, () => ask(SPENDING));
    expect([await askFor('acme'), await askFor('other')]).toEqual([200, 200]);
    const [account] = await redis.client.keys('{eden-cost}:a:*acme*');
    await redis.client.set(account as string, 'not ours');
    expect([await askFor('acme'), await askFor('other')]).toEqual([402, 200]);
    expect(told.ledger).toEqual([]);
    expect(told.denied).toMatchObject([{ reason: 'ledger', cause: { code: 'ERR_COST_LEDGER_QUESTION' } }]);
    expect(told.error).toMatchObject([{ problem: 'ledger' }]);
  });

  let spoilt = '';
  refusedSettlementContract(metered, {
    open: () => ledgerOf(redis.connect(), { processes: 1 }),
    spoil: async (tenant) => {
      [spoilt = ''] = await redis.client.keys(`{eden-cost}:a:*${tenant}*`);
      await redis.client.rename(spoilt, 'kept');
      await redis.client.hset(spoilt, 'field', 'not ours');
    },
    mend: async () => {
      await redis.client.del(spoilt);
      await redis.client.rename('kept', spoilt);
    },
  });

  /** In each case its balances are gone, or some of what was done last. */
  test.each([
    ['is flushed', forgetSnapshot, () => redis.client.flushall()],
    ['is killed and comes back empty', forgetSnapshot, restart],
    ['is killed and comes back with an older snapshot', save, restart],
  ])('that %s is lost, gets back what was last seen, and works again', async (_name, before, lose) => {
    const meter = setup();
    const told = hear(meter);
    await Promise.all(many(5, () => ask(SPENDING)));
    await expectBooksToAgree(meter);
    const [letGo, letGoLater] = [heldCall({ costUsd: 0.01 }), heldCall({ costUsd: 0.01 })];
    const inFlight = [ask(), ask()];
    await metered.eden.received(7);
    await before();
    letGo();
    await Promise.race(inFlight);
    const isOneLeft = async () => (await balanceOf(observer, 'all:total'))?.reserved === 10_000_000;
    await until('one call alone is in flight', isOneLeft);
    await lose();
    const isUp = back(meter);
    expect(await ask(SPENDING)).toBe(200);
    await isUp;
    expect(told.ledger.map(({ state }) => state)).toContain('lost');
    letGoLater();
    expect(await Promise.all(inFlight)).toEqual([200, 200]);
    observer = ledgerOf(redis.client); // it has seen another epoch before
    await expectBooksToAgree(meter);
    expect(metered.eden.books().totalNanos).toBe(80_000_000);
  });

  /** A folder stands where the snapshot goes. */
  async function failToSave(): Promise<void> {
    await forgetSnapshot();
    mkdirSync(snapshot());
    await redis.client.config('SET', 'save', '3600 1');
    await redis.client.bgsave();
    const hasFailed = async () => /rdb_last_bgsave_status:err/.test(await redis.client.info('persistence'));
    await until('the server could not save', hasFailed);
  }

  async function saveAgain(): Promise<void> {
    rmdirSync(snapshot());
    await redis.client.save();
    await redis.client.config('SET', 'save', '');
  }
});
