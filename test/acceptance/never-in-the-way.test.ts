import type { LogLine, MeterEvents } from '@eden-cost/core';
import { costAware } from '@eden-cost/express';
import express from 'express';
import { CHAT, postInit, readAnswer } from '../support/calls.js';
import { chats } from '../support/chats.js';
import { hear, useMeteredEden } from '../support/meter.js';
import { useServers } from '../support/serve.js';

const metered = useMeteredEden();
const { ask } = chats(metered);
const serve = useServers();

const fail = (): never => {
  throw new Error('the app itself is wrong');
};

const NEVER = new Promise<never>(() => {});

describe('a listener', () => {
  const EVENTS: (keyof MeterEvents)[] = ['charge', 'denied', 'overrun', 'threshold', 'credits', 'error'];
  /** Makes every one of these events happen. */
  const everything = async () => {
    const statuses = [];
    statuses.push(await ask({ reply: { costUsd: 1.5 } }));
    statuses.push(await ask());
    statuses.push(await ask({ reply: { costAs: 'missing' } }, { ...CHAT, model: 'free/of-budget' }));
    statuses.push(await ask({ reply: { status: 402 } }, { ...CHAT, model: 'free/of-budget' }));
    return statuses;
  };
  const setup = () =>
    metered.meter({
      budgets: [{ name: 'all', limitUsd: 1, window: 'total', match: ({ model }) => model !== 'free/of-budget' }],
      rateCard: false,
    });

  it.each<[string, () => unknown]>([
    ['throws', fail],
    ['rejects', async () => fail()],
    ['rejects with nothing', () => Promise.reject(undefined)],
    ['never answers', () => NEVER],
  ])('that %s changes nothing for the calls, and the other listeners still hear', async (_name, listener) => {
    const meter = setup();
    for (const event of EVENTS) meter.on(event, listener);
    const told = hear(meter);
    expect(await everything()).toEqual([200, 402, 200, 402]);
    expect(told.charge).toHaveLength(2);
    expect(told.denied).toHaveLength(2);
    expect(told.overrun).toHaveLength(1);
    expect(told.credits).toHaveLength(1);
    expect(told.error.map(({ problem }) => problem)).toContain('cost-missing');
    expect(meter.snapshot()).toMatchObject({ calls: 3, deniedCalls: 2, callsInFlight: 0 });
  });
});

describe('a logger that', () => {
  it.each<[string, object]>([
    ['throws, a function', { logger: fail }],
    ['throws, with methods', { logger: { info: fail, warn: fail, error: fail } }],
    ['never answers', { logger: () => NEVER }],
  ])('%s: calls go on, and are priced', async (_name, options) => {
    const meter = metered.meter({
      ...options,
      budgets: [{ name: 'all', limitUsd: 0.01, window: 'total' }],
      rateCard: false,
    });
    await meter.run({}, async () => {
      expect(await ask({ reply: { costUsd: 0.0123 } })).toBe(200);
      expect(meter.current()?.totalNanos).toBe(12_300_000);
    });
    expect(await ask()).toBe(402);
    expect(await meter.close()).toEqual({ restored: true, unsettled: 0 });
  });
});

describe("the app's own functions", () => {
  it('labels() that throws: the call goes on without its labels, an error event tells', async () => {
    const lines: LogLine[] = [];
    const costs = costAware({ baseUrls: [metered.eden.url], labels: fail, logger: (line) => lines.push(line) });
    const told = hear(costs.meter);
    const app = express()
      .use(costs)
      .get('/', async (req, res) => {
        await readAnswer(
          await fetch(`${metered.eden.baseUrl}/chat/completions`, postInit(CHAT, { reply: { costUsd: 0.0123 } })),
        );
        res.json({ nanos: req.costs.totalNanos, labels: req.costs.labels });
      });
    const { url } = await serve(app);
    try {
      expect(await (await fetch(url)).json()).toEqual({ nanos: 12_300_000, labels: {} });
      expect(told.error[0]).toMatchObject({ problem: 'labels', cause: expect.any(Error) });
      expect(told.charge).toMatchObject([{ amount: 12_300_000, labels: {} }]);
    } finally {
      await costs.meter.close();
    }
  });

  it('match() that throws: its budget applies', async () => {
    const meter = metered.meter({
      budgets: [{ name: 'all', limitUsd: 0, window: 'total', match: fail }],
      rateCard: false,
    });
    const told = hear(meter);
    expect(await ask()).toBe(402);
    expect(told.error[0]).toMatchObject({ problem: 'match' });
  });

  it('limitUsd() that throws: the fallback counts; without one the call is denied as not checkable', async () => {
    const meter = metered.meter({
      budgets: [
        { name: 'plan', limitUsd: fail, fallbackUsd: 1, window: 'total', match: ({ model }) => model === CHAT.model },
        { name: 'none', limitUsd: fail, window: 'total', match: ({ model }) => model === 'other/model' },
      ],
      rateCard: false,
    });
    const told = hear(meter);
    expect(await ask({ reply: { costUsd: 0.01 } })).toBe(200);
    expect(await ask({}, { ...CHAT, model: 'other/model' })).toBe(402);
    expect(told.denied).toMatchObject([{ budget: 'none', reason: 'ledger' }]);
    expect(told.error.map(({ problem }) => problem)).toContain('limit');
    expect(metered.eden.books().requests).toBe(1);
  });
});
