import http from 'node:http';
import net from 'node:net';
import { BudgetExceededError, memoryLedger, type ReserveRequest } from '@eden-cost/core';
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

  it.each<[name: string, budget: object, headers: Record<string, string>, body: object, problems: string[]]>([
    ['states, in nano-USD for USD, say,', {}, { 'x-eden-cost-estimate': '50000000' }, CHAT, []],
    [
      'allows by its max_tokens',
      { strict: true },
      {},
      { ...CHAT, max_tokens: Number.MAX_SAFE_INTEGER },
      ['no-upper-bound'],
    ],
  ])('is denied where it %s more than any call can come to', async (_name, budget, headers, body, problems) => {
    const meter = metered.meter({
      budgets: [{ name: 'all', limitUsd: 1, window: 'total', ...budget }],
      rateCard: RATES,
    });
    const told = hear(meter);
    expect(await ask({ headers }, body)).toBe(402);
    expect(metered.eden.books().requests).toBe(0);
    expect(told.error.map(({ problem }) => problem)).toEqual(problems);
  });

  it('is usual where its max_tokens allow more than any call can come to', async () => {
    const meter = metered.meter({ budgets: [{ name: 'all', limitUsd: 1, window: 'total' }], rateCard: RATES });
    expect(await ask({ reply: { costUsd: 0.01 } }, { ...CHAT, max_tokens: Number.MAX_SAFE_INTEGER })).toBe(200);
    expect(await meter.remaining()).toMatchObject([{ remainingUsd: 0.99 }]);
  });

  it('is looked for room for, however much that is said to be', async () => {
    const meter = metered.meter({ budgets: [{ name: 'all', limitUsd: 1, window: 'total' }] });
    await meter.run({}, () =>
      expect(meter.current()?.check({ estimateUsd: 1e10 })).rejects.toThrow(BudgetExceededError),
    );
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

describe('a call that is aborted while it waits for room', () => {
  const budgets = [{ name: 'all', limitUsd: 0.02, window: 'total' } as const];
  const url = () => `${metered.eden.baseUrl}/chat/completions`;
  const overHttp = (options: http.RequestOptions) => (signal: AbortSignal, estimate: string) =>
    new Promise<number | undefined>((resolve, reject) => {
      const headers = { 'x-eden-cost-estimate': estimate };
      const request = http.request(url(), { method: 'POST', headers, signal, ...options });
      request.on('response', (response) => response.resume().on('end', () => resolve(response.statusCode)));
      request.on('error', reject).end(JSON.stringify(CHAT));
    });
  const CALLS: Record<string, (signal: AbortSignal, estimate: string) => Promise<number | undefined>> = {
    fetch: (signal, estimate) => ask({ signal, headers: { 'x-eden-cost-estimate': estimate } }),
    'node:http': overHttp({}),
    'node:http, by a connection of its own': overHttp({
      createConnection: ({ host, port }) => net.connect(Number(port), String(host)),
    }),
  };

  it.each(Object.entries(CALLS))('over %s stands in the way of nobody: who came after it goes on', async (_, call) => {
    const clock = manualClock();
    const meter = metered.meter({ budgets, clock, rateCard: false });
    const letGo = heldCall({ costUsd: 0 });
    const first = ask({ headers: { 'x-eden-cost-estimate': '0.012' } });
    await metered.eden.received(1);
    /** Makes a call that has to wait. */
    const waits = async (signal: AbortSignal, estimate: string) => {
      const quiet = clock.pending;
      const made = call(signal, estimate);
      made.catch(() => {});
      await turnsUntil(() => clock.pending > quiet);
      return { made };
    };
    const abort = new AbortController();
    const { made: second } = await waits(abort.signal, '0.01');
    const { made: third } = await waits(new AbortController().signal, '0.005');
    abort.abort();
    await expect(second).rejects.toMatchObject({ name: 'AbortError' });
    expect(await third).toBe(200);
    expect(meter.snapshot()).toMatchObject({ deniedCalls: 0, callsInFlight: 1 });
    letGo();
    await first;
    expect(metered.eden.books().requests).toBe(2);
    expect(await meter.remaining()).toMatchObject([{ heldUsd: 0 }]);
  });

  it('is not asked for again of a ledger that cannot say when there is room', async () => {
    const clock = manualClock();
    const memory = memoryLedger({ clock });
    let asked = 0;
    const ledger = {
      ...{ name: 'asked', shared: false, durable: false },
      reserve: async (request: ReserveRequest) => {
        asked += 1;
        return memory.reserve(request);
      },
      settle: memory.settle.bind(memory),
      release: memory.release.bind(memory),
      extend: memory.extend.bind(memory),
      balances: memory.balances.bind(memory),
      topUp: memory.topUp.bind(memory),
    };
    const meter = metered.meter({ budgets, clock, rateCard: false, ledger });
    const letGo = heldCall({ costUsd: 0 });
    const first = ask({ headers: { 'x-eden-cost-estimate': '0.012' } });
    await metered.eden.received(1);
    const abort = new AbortController();
    const second = ask({ signal: abort.signal, headers: { 'x-eden-cost-estimate': '0.01' } });
    await turnsUntil(() => asked === 2);
    abort.abort();
    await expect(second).rejects.toMatchObject({ name: 'AbortError' });
    await clock.advanceAsync(1_000);
    expect(asked).toBeLessThanOrEqual(3); // the one that it was about to ask
    expect(meter.snapshot()).toMatchObject({ deniedCalls: 0 });
    letGo();
    await first;
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
