import { costAware, withBudget } from '@eden-cost/koa';
import Router from '@koa/router';
import Koa, { type Middleware } from 'koa';
import mount from 'koa-mount';
import { useKoa } from '../../koa/kit.js';
import { CHAT, postInit, readAnswer } from '../../support/calls.js';
import { turnsUntil } from '../../support/turns.js';

const kit = useKoa();
const chat = async (costUsd: number) =>
  readAnswer(await fetch(`${kit.eden.baseUrl}/chat/completions`, postInit(CHAT, { reply: { costUsd } })));

const ask: Middleware = async (ctx) => {
  await chat(0.25);
  ctx.body = { totalUsd: ctx.costs.totalUsd, labels: ctx.costs.labels };
};
const get = async (url: string, path: string) => {
  const response = await fetch(url + path);
  return response.ok ? response.json() : response.status;
};

const PLACES: [string, (before: Middleware[], handler: Middleware) => Middleware][] = [
  [
    'a router in a router',
    (before, handler) => {
      const inner = new Router().get('/ask', ...before, handler);
      return new Router().use('/x', inner.routes()).routes() as Middleware;
    },
  ],
  [
    'a router in an app that koa-mount mounts',
    (before, handler) =>
      mount('/x', new Koa().use(new Router().get('/ask', ...before, handler).routes() as Middleware)),
  ],
  [
    'an app without a router, mounted in a mounted one',
    (before, handler) => {
      const inner = new Koa();
      for (const one of [...before, handler]) inner.use(one);
      return mount('/x', new Koa().use(mount('/ask', inner)));
    },
  ],
];

describe.each(PLACES)('%s', (_what, place) => {
  const serve = (before: Middleware[], handler = ask) =>
    kit.serve(new Koa().use(kit.costAware()).use(place(before, handler)));

  test('is in the scope of the request, which is one line', async () => {
    const { url } = await serve([]);
    expect(await get(url, '/x/ask')).toMatchObject({ totalUsd: 0.25 });
    await turnsUntil(() => kit.costLines().length > 0);
    expect(kit.costLines()).toMatchObject([{ edenai: { calls: 1, costNanos: 250_000_000 } }]);
  });

  test('may have a costAware of its own: one scope, one line, the labels and budgets of both', async () => {
    const outer = new Koa().use(kit.costAware({ labels: () => ({ tenant: 'acme' }) }));
    const own = costAware({
      labels: () => ({ feature: 'ask' }),
      budgets: [{ name: 'ask', limitUsd: 0.25, window: 'day', by: 'feature' }],
    });
    const { url } = await kit.serve(outer.use(place([own], ask)));
    expect(await get(url, '/x/ask')).toEqual({ totalUsd: 0.25, labels: { tenant: 'acme', feature: 'ask' } });
    expect(await get(url, '/x/ask')).toBe(402);
    await turnsUntil(() => kit.costLines().length >= 2);
    expect(kit.costLines().map(({ edenai }) => [edenai.calls, edenai.deniedCalls])).toEqual([
      [1, 0],
      [0, 1],
    ]);
  });

  test('denies before its handler with withBudget()', async () => {
    const reached: string[] = [];
    const budget = { name: 'small', limitUsd: 0, window: 'day' } as const;
    const { url } = await serve([withBudget(budget)], (ctx) => {
      reached.push(ctx.path);
      ctx.body = 'not to be reached';
    });
    expect([await get(url, '/x/ask'), reached]).toEqual([402, []]);
  });
});

test('two mounted apps with one inline budget at the same path have one each, which no client multiplies', async () => {
  const budget = { limitUsd: 0.25, window: 'day' } as const;
  const inner = () => new Koa().use(new Router().get('/ask', withBudget(budget), ask).routes());
  const costs = kit.costAware();
  const app = new Koa().use(costs).use(mount('/x', inner())).use(mount('/y', inner()));
  app.use(new Router().get('/:any/ask', withBudget(budget), ask).get('/ask', withBudget(budget), ask).routes());
  const { url } = await kit.serve(app);
  const paths = ['/x/ask', '/x/ask', '/y/ask', '/y/ask?z=/x/ask', '/a/ask', '/b/ask', '/ask', '/ask'];
  const answers = [];
  for (const path of paths) answers.push(await get(url, path));
  const ok = expect.objectContaining({ totalUsd: 0.25 });
  expect(answers).toEqual([ok, 402, ok, 402, ok, 402, ok, 402]);
  expect(costs.meter.budgets().map(({ name }) => name)).toEqual([
    'GET /x/ask',
    'GET /y/ask',
    'GET /:any/ask',
    'GET /ask',
  ]);
});

test('the route in a line has the prefix of its mounted app, and nothing else of the URL', async () => {
  const inner = () => new Koa().use(new Router().get('/ask/:what', ask).get('/', ask).routes());
  const app = new Koa()
    .use(kit.costAware())
    .use(mount('/x', inner()))
    .use(mount('/y', new Koa().use(mount('/z', inner()))));
  app.use(new Router().get('/x/:any', ask).get('/ask/:what', ask).routes());
  const { url } = await kit.serve(app);
  for (const path of ['/x/ask/1', '/x', '/y/z/ask/2', '/y/z/ask/z', '/x/3', '/ask/x?y=/x/ask/4']) {
    expect([path, await get(url, path)]).toEqual([path, expect.objectContaining({ totalUsd: 0.25 })]);
  }
  await turnsUntil(() => kit.costLines().length >= 6);
  expect(kit.costLines().map(({ req }) => req.route)).toEqual([
    '/x/ask/:what',
    '/x/',
    '/y/z/ask/:what',
    '/y/z/ask/:what',
    '/x/:any',
    '/ask/:what',
  ]);
});

test("the middleware of a mounted app that goes on to the outer one's is in one scope with it", async () => {
  const inner = new Koa().use(async (_ctx, next) => {
    await chat(0.125);
    await next();
    await chat(0.125);
  });
  const app = new Koa().use(kit.costAware()).use(mount('/x', inner)).use(ask);
  const { url } = await kit.serve(app);
  expect(await get(url, '/x')).toMatchObject({ totalUsd: 0.375 });
  await turnsUntil(() => kit.costLines().length > 0);
  expect(kit.costLines()).toMatchObject([{ edenai: { calls: 3, costNanos: 500_000_000, late: false } }]);
});
