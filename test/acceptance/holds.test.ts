import { costAware } from '@eden-cost/express';
import { manualClock } from '@eden-cost/testing';
import express from 'express';
import OpenAI from 'openai';
import { CHAT } from '../support/calls.js';
import { chats } from '../support/chats.js';
import { hear, useMeteredEden } from '../support/meter.js';
import { boundUsd, RATES } from '../support/rates.js';
import { useServers } from '../support/serve.js';
import { turnsUntil } from '../support/turns.js';

const metered = useMeteredEden();
const { ask, heldCall } = chats(metered);
const serve = useServers();

describe('what a call holds', () => {
  it.each<[name: string, heldUsd: number, budget: object, headers: Record<string, string>, body: object]>([
    ['says so itself in a header', 0.2, { estimateUsd: 0.3 }, { 'x-eden-cost-estimate': '0.2' }, CHAT],
    ['takes the estimate of its budget', 0.3, { estimateUsd: 0.3 }, {}, CHAT],
    [
      'may cost so much by its bytes and its max_tokens',
      boundUsd({ ...CHAT, max_tokens: 100 }),
      {},
      {},
      { ...CHAT, max_tokens: 100 },
    ],
    ['is usual for its operation', 0.01, {}, {}, CHAT],
    ['is no more than a quarter of a small limit', 0.005, { limitUsd: 0.02 }, {}, CHAT],
  ])('%s', async (_name, heldUsd, budget, headers, body) => {
    const meter = metered.meter({
      budgets: [{ name: 'all', limitUsd: 1, window: 'total', ...budget }],
      rateCard: RATES,
    });
    const letGo = heldCall({ costUsd: 0.0001 });
    const answer = ask({ headers }, body);
    await metered.eden.received(1);
    expect(await meter.remaining()).toMatchObject([{ heldUsd }]);
    letGo();
    await answer;
    expect(await meter.remaining()).toMatchObject([{ heldUsd: 0 }]);
    expect(metered.eden.requests()[0]?.headers).not.toHaveProperty('x-eden-cost-estimate');
  });

  it('is held on all budgets or on none', async () => {
    const meter = metered.meter({
      budgets: [
        { name: 'roomy', limitUsd: 5, window: 'total', estimateUsd: 1 },
        { name: 'spent', limitUsd: 0, window: 'total', estimateUsd: 1 },
      ],
    });
    expect(await ask()).toBe(402);
    expect(await meter.remaining()).toMatchObject([
      { budget: 'roomy', remainingUsd: 5, heldUsd: 0 },
      { budget: 'spent', remainingUsd: 0, heldUsd: 0 },
    ]);
  });
});

describe('a budget that calls in flight hold', () => {
  const budget = { name: 'all', limitUsd: 0.01, window: 'total', estimateUsd: 0.01 } as const;

  it('makes a call wait, and admits it when they settle below what they held', async () => {
    const clock = manualClock();
    const meter = metered.meter({ budgets: [budget], clock, rateCard: false });
    const letGo = heldCall({ costUsd: 0.0000001 });
    const first = ask();
    await metered.eden.received(1);
    const quiet = clock.pending;
    const second = ask({ headers: { 'x-eden-cost-estimate': '0.005' } });
    await turnsUntil(() => clock.pending > quiet);
    expect(metered.eden.books().requests).toBe(1);
    letGo();
    expect(await Promise.all([first, second])).toEqual([200, 200]);
    expect(meter.snapshot().deniedCalls).toBe(0);
  });

  it('denies it as held when waitMs are over, and as spent once nothing is left', async () => {
    const clock = manualClock();
    const meter = metered.meter({ budgets: [budget], clock, rateCard: false });
    const told = hear(meter);
    const letGo = heldCall({ costUsd: 0.01 });
    const first = ask();
    await metered.eden.received(1);
    const quiet = clock.pending;
    const second = ask();
    await turnsUntil(() => clock.pending > quiet);
    clock.advance(999);
    expect(told.denied).toEqual([]);
    clock.advance(1);
    expect(await second).toBe(402);
    letGo();
    await first;
    expect(await ask()).toBe(402);
    expect(told.denied.map(({ reason }) => reason)).toEqual(['held', 'spent']);
    expect(metered.eden.books().requests).toBe(1);
  });

  it('lets nobody wait with waitMs: 0', async () => {
    const meter = metered.meter({ budgets: [budget], waitMs: 0, rateCard: false });
    const letGo = heldCall({ costUsd: 0.01 });
    const first = ask();
    await metered.eden.received(1);
    expect(await ask()).toBe(402);
    letGo();
    await first;
    expect(meter.snapshot().deniedCalls).toBe(1);
  });

  it('forgets a call that is aborted while it waits: nothing is held or sent for it', async () => {
    const clock = manualClock();
    const meter = metered.meter({ budgets: [budget], clock, rateCard: false });
    const letGo = heldCall({ costUsd: 0.000001 });
    const first = ask();
    await metered.eden.received(1);
    const quiet = clock.pending;
    const abort = new AbortController();
    const second = ask({ signal: abort.signal, headers: { 'x-eden-cost-estimate': '0.005' } });
    await turnsUntil(() => clock.pending > quiet);
    abort.abort();
    await expect(second).rejects.toMatchObject({ name: 'AbortError' });
    letGo();
    await first;
    clock.advance(1_000);
    await turnsUntil(() => meter.snapshot().callsInFlight === 0);
    expect(await meter.remaining()).toEqual([{ budget: 'all', remainingUsd: 0.009999, heldUsd: 0 }]);
    expect(metered.eden.books().requests).toBe(1);
  });
});

describe('an Express app', () => {
  it('answers 429 with Retry-After while a budget is held, and 402 once it is spent', async () => {
    const costs = costAware({
      baseUrls: [metered.eden.url],
      budgets: [{ name: 'all', limitUsd: 0.01, window: 'total', estimateUsd: 0.01 }],
      waitMs: 0,
      rateCard: false,
      logger: false,
    });
    const openai = new OpenAI({ baseURL: metered.eden.baseUrl, apiKey: 'any' });
    const app = express()
      .set('env', 'test')
      .use(costs)
      .get('/', async (_req, res) => {
        res.json(await openai.chat.completions.create(CHAT));
      });
    const { url } = await serve(app);
    try {
      const letGo = heldCall({ costUsd: 0.01 });
      const first = fetch(url);
      await metered.eden.received(1);
      const held = await fetch(url);
      await held.arrayBuffer();
      expect([held.status, held.headers.get('retry-after')]).toEqual([429, '1']);
      letGo();
      expect((await first).status).toBe(200);
      const spent = await fetch(url);
      await spent.arrayBuffer();
      expect([spent.status, spent.headers.get('retry-after')]).toEqual([402, null]);
      expect(metered.eden.books().requests).toBe(1);
    } finally {
      await costs.meter.close();
    }
  });
});
