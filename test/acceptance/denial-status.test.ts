import { type Budget, type CostAwareOptions, costErrors, withBudget } from '@eden-cost/express';
import { manualClock } from '@eden-cost/testing';
import express, { type Express, type RequestHandler, Router } from 'express';
import { brokenLedger } from '../support/broken-ledger.js';
import { CHAT, postInit } from '../support/calls.js';
import { useCostAware } from '../support/cost-aware.js';
import { useQuietExpress } from '../support/quiet-express.js';
import { type RawAnswer, rawRequest } from '../support/raw-http.js';
import { useServers } from '../support/serve.js';
import { useStandIn } from '../support/stand-in.js';
import { turnsUntil } from '../support/turns.js';

const standIn = useStandIn();
const serve = useServers();
const kit = useCostAware(() => standIn.eden);
useQuietExpress();

const ask: RequestHandler = async (_req, res) => {
  await kit.openai().chat.completions.create(CHAT);
  res.send('answered');
};
const askPlainly: RequestHandler = async (_req, res) => {
  await fetch(`${standIn.eden.baseUrl}/chat/completions`, postInit(CHAT));
  res.send('answered');
};

const newApp = (): Express => express().set('env', 'production');
const nothing = (more: Partial<Budget> = {}): Budget => ({ name: 'nothing', limitUsd: 0, window: 'total', ...more });

/** A request for each reason of denial, to an app with these options. */
const DENIALS: Record<string, (options: CostAwareOptions, handler: RequestHandler) => Promise<RawAnswer>> = {
  async spent(options, handler) {
    const app = newApp()
      .use(kit.costAware({ budgets: [nothing()], ...options }))
      .get('/ask', handler);
    return rawRequest(`${(await serve(app)).url}/ask`);
  },
  async held(options, handler) {
    const budgets = [{ name: 'one-call', limitUsd: 0.01, window: 'total', estimateUsd: 0.01 } as const];
    const app = newApp()
      .use(kit.costAware({ budgets, waitMs: 0, ...options }))
      .get('/ask', handler);
    const { url } = await serve(app);
    let answer = () => {};
    standIn.eden.script({
      hold: new Promise<void>((resolve) => {
        answer = resolve;
      }),
      costUsd: 0.001,
    });
    const first = rawRequest(`${url}/ask`);
    await standIn.eden.received(1);
    const second = await rawRequest(`${url}/ask`);
    answer();
    expect((await first).status).toBe(200);
    return second;
  },
  async credits(options, handler) {
    standIn.eden.script({ status: 402 });
    const app = newApp().use(kit.costAware(options)).get('/ask', handler);
    return rawRequest(`${(await serve(app)).url}/ask`);
  },
  async ledger(options, handler) {
    const budgets = [nothing({ limitUsd: 5, onLedgerError: 'refuse' })];
    const app = newApp()
      .use(kit.costAware({ budgets, ledger: brokenLedger(), ...options }))
      .get('/ask', handler);
    return rawRequest(`${(await serve(app)).url}/ask`);
  },
};

describe.each([
  ['the openai SDK', ask],
  ['a plain fetch', askPlainly],
])('the status of a denial of %s', (_client, handler) => {
  test.each([
    ['spent', 402, 'Payment Required', undefined],
    ['held', 429, 'Too Many Requests', '1'],
    ['credits', 402, 'Payment Required', undefined],
    ['ledger', 503, 'Service Unavailable', undefined],
  ])('for %s is %s by default', async (reason, status, text, retryAfter) => {
    const answer = await DENIALS[reason]?.({}, handler);
    expect(answer).toMatchObject({ status, reason: text });
    expect(answer?.headers['retry-after']).toBe(retryAfter);
  });

  test.each([
    ['spent', 403],
    ['held', 503],
    ['credits', 503],
    ['ledger', 500],
  ])('for %s is what the app says: %s', async (reason, status) => {
    const answer = await DENIALS[reason]?.({ status: { budget: 403, held: 503, credits: 503, ledger: 500 } }, handler);
    expect(answer).toMatchObject({ status });
  });
});

test('a status that is left out keeps its default', async () => {
  expect(await DENIALS.spent?.({ status: { credits: 503 } }, ask)).toMatchObject({ status: 402 });
});

test('a router says its own status', async () => {
  const app = newApp().use(kit.costAware({ budgets: [nothing()], status: { budget: 403 } }));
  app.use(
    '/paid',
    Router()
      .use(kit.costAware({ status: { budget: 418 } }))
      .get('/ask', ask),
  );
  app.get('/ask', ask);
  const { url } = await serve(app);
  expect([(await rawRequest(`${url}/paid/ask`)).status, (await rawRequest(`${url}/ask`)).status]).toEqual([418, 403]);
});

const PROBLEMS: Record<string, object> = {
  spent: {
    type: 'urn:eden-cost:budget-exceeded',
    title: 'Payment Required',
    status: 402,
    code: 'ERR_COST_BUDGET_EXCEEDED',
  },
  held: {
    type: 'urn:eden-cost:budget-exceeded',
    title: 'Too Many Requests',
    status: 429,
    code: 'ERR_COST_BUDGET_EXCEEDED',
  },
  credits: {
    type: 'urn:eden-cost:credits-exhausted',
    title: 'Payment Required',
    status: 402,
    code: 'ERR_COST_CREDITS_EXHAUSTED',
  },
  ledger: {
    type: 'urn:eden-cost:ledger-unavailable',
    title: 'Service Unavailable',
    status: 503,
    code: 'ERR_COST_LEDGER_UNAVAILABLE',
  },
};

test.each(Object.keys(PROBLEMS))('a problem of kind %s has exactly type, title, status and code', async (reason) => {
  const answerProblem = costErrors();
  const answer = await DENIALS[reason]?.({}, (req, res, next) =>
    kit
      .openai()
      .chat.completions.create(CHAT)
      .then(
        () => res.send('answered'),
        (error: unknown) => answerProblem(error, req, res, next),
      ),
  );
  expect(answer?.headers).toMatchObject({
    'content-type': 'application/problem+json; charset=utf-8',
    'cache-control': 'no-store',
  });
  expect(JSON.parse(answer?.body ?? '')).toEqual(PROBLEMS[reason]);
});

describe('Retry-After', () => {
  const at = (text: string) => manualClock(Date.parse(text));
  async function retryAfter(budget: Partial<Budget>, time: string): Promise<string | undefined> {
    const app = newApp().use(kit.costAware({ budgets: [nothing(budget)], clock: at(time) }));
    app.get('/ask', ask);
    app.get('/check', withBudget(), ask);
    const { url } = await serve(app);
    const asked = await rawRequest(`${url}/ask`);
    const checked = await rawRequest(`${url}/check`);
    expect(asked.status).toBe(402);
    expect(checked.headers['retry-after']).toBe(asked.headers['retry-after']);
    return asked.headers['retry-after'];
  }

  test.each([
    ['hour', '2026-03-04T10:15:00Z', '2700'],
    ['hour', '2026-03-04T10:59:59.700Z', '1'],
    ['day', '2026-03-04T00:00:00.001Z', '86400'],
    ['day', '2026-03-04T18:00:00Z', '21600'],
    ['week', '2026-03-08T12:00:00Z', '43200'],
    ['month', '2026-03-31T23:00:00Z', '3600'],
  ] as const)('is the rest of a %s at %s: %s', async (window, time, seconds) => {
    expect(await retryAfter({ window }, time)).toBe(seconds);
  });

  test.each([
    ['a day or more', 'day', '2026-03-04T00:00:00Z'],
    ['a day or more', 'week', '2026-03-04T00:00:00Z'],
    ['a day or more', 'month', '2026-03-15T00:00:00Z'],
    ['for ever', 'total', '2026-03-04T00:00:00Z'],
    ['for ever', 'request', '2026-03-04T00:00:00Z'],
  ] as const)('is left out where waiting would take %s (%s)', async (_wait, window, time) => {
    expect(await retryAfter({ window }, time)).toBeUndefined();
  });

  test('follows the time zone of the budget', async () => {
    // 23:30 in Paris
    expect(await retryAfter({ window: 'day', timeZone: 'Europe/Paris' }, '2026-03-04T22:30:00Z')).toBe('1800');
  });
});

test('a held budget answers as soon as there is room, within waitMs', async () => {
  const clock = manualClock();
  const budgets = [{ name: 'one-call', limitUsd: 0.01, window: 'total', estimateUsd: 0.01 } as const];
  const app = newApp().use(kit.costAware({ budgets, clock })).get('/ask', ask);
  const { url } = await serve(app);
  let answer = () => {};
  standIn.eden.script({
    hold: new Promise<void>((resolve) => {
      answer = resolve;
    }),
    costUsd: 0,
  });
  const first = rawRequest(`${url}/ask`);
  await standIn.eden.received(1);
  const before = clock.pending;
  const second = rawRequest(`${url}/ask`);
  await turnsUntil(() => clock.pending > before);
  answer();
  expect([(await first).status, (await second).status]).toEqual([200, 200]);
});
