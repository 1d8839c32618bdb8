import type { CostScope, MeterOptions } from '@eden-cost/core';
import { manualClock } from '@eden-cost/testing';
import { chats } from '../support/chats.js';
import { countOf, many } from '../support/lists.js';
import { hear, useMeteredEden } from '../support/meter.js';
import { KEY, useWatchedEden } from '../support/watched-eden.js';

const metered = useMeteredEden();
const { ask } = chats(metered);
const start = useWatchedEden();

const OPEN_MS = 1_000;

/** A meter whose account is empty, or not any more. */
function setup(options: MeterOptions = {}) {
  metered.eden.setBalance(0);
  const clock = manualClock();
  const meter = metered.meter({
    clock,
    rateCard: false,
    paymentRequired: 'respond',
    circuit: { openMs: OPEN_MS },
    ...options,
  });
  return {
    ...{ clock, meter, told: hear(meter) },
    call: (key = KEY) => meter.run({}, () => ask({ headers: { authorization: `Bearer ${key}` } })),
    /** How `check()` ends, before anything else is done in its scope. */
    check: () =>
      meter.run({}, () =>
        (meter.current() as CostScope).check().then(
          () => 'passed',
          ({ code, status }) => `${code} ${status}`,
        ),
      ),
  };
}

const DENIED = 'ERR_COST_CREDITS_EXHAUSTED 402';

describe('check() while the credits are used up', () => {
  it('denies as a call would be, and tells it', async () => {
    const { told, call, check } = setup();
    expect(await check()).toBe('passed');
    expect(await call()).toBe(402);
    expect(await check()).toBe(DENIED);
    expect(told.denied.map(({ reason }) => reason)).toEqual(['credits', 'credits']);
    expect(metered.eden.books().requests).toBe(1);
  });

  it('lets one by when it is time to try again, which is not the try itself', async () => {
    const { clock, call, check } = setup();
    await call();
    clock.advance(OPEN_MS);
    const checks = await Promise.all(many(20, check));
    expect([countOf(checks, 'passed'), countOf(checks, DENIED)]).toEqual([1, 19]);
    metered.eden.setBalance(5);
    expect(await call()).toBe(200);
    expect(await check()).toBe('passed');
  });

  it('lets another one by when the first has made no call', async () => {
    const { clock, call, check } = setup();
    await call();
    clock.advance(OPEN_MS);
    expect([await check(), await check()]).toEqual(['passed', DENIED]);
    clock.advance(OPEN_MS);
    expect([await check(), await check()]).toEqual(['passed', DENIED]);
  });

  it('does not use up the turn of one that a budget denies', async () => {
    const { clock, call, check } = setup({ budgets: [{ name: 'none', limitUsd: 0.01, window: 'hour' }] });
    metered.eden.script([{ costUsd: 0.01, byok: false, match: {} }, { status: 402 }]);
    metered.eden.setBalance(5);
    expect(await check()).toBe('passed');
    expect([await call(), await check()]).toEqual([200, 'ERR_COST_BUDGET_EXCEEDED 402']);
    clock.advance(3_600_000);
    expect([await call(), await check()]).toEqual([402, DENIED]);
    clock.advance(OPEN_MS);
    expect([await check(), await check()]).toEqual(['passed', DENIED]);
  });

  it('stops no request that may have another key than the one that was refused', async () => {
    const { call, check } = setup();
    metered.eden.setBalance(5);
    expect(await call('sk-eden-other')).toBe(200);
    metered.eden.script({ status: 402 });
    expect([await call(), await call()]).toEqual([402, 402]);
    expect(await check()).toBe('passed');
    metered.eden.script({ status: 402 });
    expect(await call('sk-eden-other')).toBe(402);
    expect(await check()).toBe(DENIED);
  });

  it('stops nobody while a provider key of your own pays, which an answer from before the 402 does not say', async () => {
    const { clock, call, check } = setup();
    const paidElsewhere = { byok: true, metadata: true };
    metered.eden.script([paidElsewhere, { status: 402 }]);
    expect([await call(), await check()]).toEqual([200, 'passed']);
    expect([await call(), await check()]).toEqual([402, DENIED]);
    clock.advance(OPEN_MS);
    metered.eden.script(paidElsewhere);
    expect([await check(), await check(), await call()]).toEqual(['passed', DENIED, 200]);
    expect([await check(), await check()]).toEqual(['passed', 'passed']);
    metered.eden.script({ status: 402 });
    expect([await call(), await check()]).toEqual([402, DENIED]);
  });

  it.each<MeterOptions>([{ circuit: false }, { mode: 'observe' }])(
    'asks no circuit where there is none: %j',
    async (options) => {
      const { call, check } = setup(options);
      expect([await call(), await check()]).toEqual([402, 'passed']);
    },
  );

  it("denies, whatever the key, once the account's balance is known to be gone", async () => {
    const { eden, meter, clock, ask } = await start(
      { balanceUsd: 0.02 },
      { paymentRequired: 'respond', circuit: { openMs: OPEN_MS } },
    );
    const check = () => meter.run({}, () => (meter.current() as CostScope).check());
    const call = (...of: Parameters<typeof ask>) => meter.run({}, () => ask(...of));
    expect(await call({ costUsd: 0.01 }, { key: 'sk-eden-other' })).toBe(200);
    expect(await call({ costUsd: 0.01 })).toBe(200);
    expect(await call()).toBe(402);
    await expect(check()).rejects.toMatchObject({ code: 'ERR_COST_CREDITS_EXHAUSTED' });
    eden.topUp(5);
    clock.advance(OPEN_MS);
    await check();
  });
});
