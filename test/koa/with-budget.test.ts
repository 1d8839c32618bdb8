import { type Budget, costAware, OptionsError, withBudget } from '@eden-cost/koa';
import Router from '@koa/router';
import Koa, { type Middleware } from 'koa';
import { CHAT, postInit, readAnswer } from '../support/calls.js';
import { useKoa } from './kit.js';

const kit = useKoa();

const chat: Middleware = async (ctx) => {
  const init = postInit(CHAT, { reply: { costUsd: 0.5 } });
  await readAnswer(await fetch(`${kit.eden.baseUrl}/chat/completions`, init));
  ctx.body = 'ok';
};
const status = async (url: string, init?: RequestInit) => (await fetch(url, init)).status;
const asked = () => kit.eden.requests().length;

async function serve(router: Router, budgets: Budget[], options = {}) {
  const app = new Koa();
  app.use(kit.costAware({ budgets, ...options }));
  return (await kit.serve(app.use(router.routes()))).url;
}

describe('authentication after costAware, in the router', () => {
  const BUDGETS: Budget[] = [{ name: 'tenant', limitUsd: 0.5, window: 'day', by: 'tenant' }];
  const authenticate: Middleware = (ctx, next) => {
    ctx.state.user = { tenant: JSON.parse(decodeURIComponent(ctx.get('x-tenant'))) };
    return next();
  };
  const labels = (ctx: Koa.Context) => ({ tenant: ctx.state.user?.tenant });
  const as = (tenant: unknown) => ({ headers: { 'x-tenant': encodeURIComponent(JSON.stringify(tenant)) } });

  test.each([
    ['a text', 'acme', 'globex'],
    ['a number', 7, 8],
    ['a number, and the same as text', 7, '8'],
    ['one that is called __proto__', '__proto__', 'constructor'],
    ['10 kB of it', 'a'.repeat(10_000), `${'a'.repeat(9_999)}b`],
    ['none', '', 'acme'],
  ])('the tenant is %s: A is exhausted, B is served', async (_what, a, b) => {
    const router = new Router().use(authenticate).get('/ask', withBudget(), chat);
    const url = await serve(router, BUDGETS, { labels });
    expect(await status(`${url}/ask`, as(a))).toBe(200);
    expect(await status(`${url}/ask`, as(a))).toBe(402);
    expect(await status(`${url}/ask`, as(b))).toBe(200);
    expect(asked()).toBe(2);
  });

  test('a tenant that is nobody yet shares one account with all such', async () => {
    const router = new Router().get('/ask', chat);
    const url = await serve(router, BUDGETS, { labels });
    expect([await status(`${url}/ask`), await status(`${url}/ask`)]).toEqual([200, 402]);
  });
});

describe('withBudget()', () => {
  test('alone checks every budget that applies', async () => {
    const router = new Router().get('/ask', withBudget(), chat).get('/free', chat);
    const url = await serve(router, [{ name: 'none', limitUsd: 0, window: 'day' }]);
    expect(await status(`${url}/ask`)).toBe(402);
    expect(asked()).toBe(0);
  });

  test('with a name applies a budget that is for named routes only', async () => {
    const router = new Router().get('/image', withBudget('images'), chat).get('/ask', chat);
    const url = await serve(router, [{ name: 'images', limitUsd: 0.5, window: 'day', routes: 'named' }]);
    const statuses = [];
    for (const path of ['image', 'image', 'ask', 'ask']) statuses.push(await status(`${url}/${path}`));
    expect(statuses).toEqual([200, 402, 200, 200]);
  });

  test('adds to another on the way, and to the options', async () => {
    const router = new Router().use(withBudget('first')).get('/ask', withBudget('second'), async (ctx) => {
      ctx.body = (await ctx.costs.remaining()).map(({ budget }) => budget);
    });
    const url = await serve(router, [
      { name: 'all', limitUsd: 1, window: 'day' },
      { name: 'first', limitUsd: 1, window: 'day', routes: 'named' },
      { name: 'second', limitUsd: 1, window: 'day', routes: 'named' },
      { name: 'third', limitUsd: 1, window: 'day', routes: 'named' },
    ]);
    expect(await (await fetch(`${url}/ask`)).json()).toEqual(['all', 'first', 'second']);
  });

  test('with a budget gives each route one of its own, for GET and HEAD together', async () => {
    const hourly = withBudget({ limitUsd: 0.5, window: 'hour' });
    const router = new Router()
      .get('/docs/:doc', hourly, chat)
      .post('/docs/:doc', hourly, chat)
      .get('/b', hourly, (ctx, next) => chat(ctx, next));
    const url = await serve(router, []);
    expect(await status(`${url}/docs/1`)).toBe(200);
    expect(await status(`${url}/docs/2`)).toBe(402);
    expect(await status(`${url}/docs/3`, { method: 'HEAD' })).toBe(402);
    expect(await status(`${url}/docs/1`, { method: 'POST' })).toBe(200);
    expect(await status(`${url}/b`)).toBe(200);
    expect(asked()).toBe(3);
  });

  test('without a router gives no client a fresh budget for a path that it makes up', async () => {
    const app = new Koa();
    app
      .use(kit.costAware())
      .use(withBudget({ limitUsd: 0.5, window: 'hour' }))
      .use(chat);
    const { url } = await kit.serve(app);
    const statuses = [];
    for (const path of ['a', 'b', 'c']) statuses.push(await status(`${url}/${path}`));
    expect(statuses).toEqual([200, 402, 402]);
  });

  describe('gives no client a fresh budget for a method or a path that it picks', () => {
    const once = () => withBudget({ limitUsd: 0.5, window: 'hour' });
    const guard = once();
    const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'PROPFIND', 'GET'];
    const inner = () => new Router().get(['/x', '/y'], once(), chat);

    test.each<[string, () => Router | Middleware, paths: string[], name: string]>([
      ['app.use()', () => (ctx, next) => guard(ctx, () => chat(ctx, next)), ['/x', '/y'], 'ALL *'],
      ['router.all()', () => new Router().all('/x', once(), chat), ['/x'], 'ALL /x'],
      [
        'router.all(), inside of another middleware',
        () => new Router().all('/x', (ctx, next) => guard(ctx, () => chat(ctx, next))),
        ['/x'],
        'ALL /x',
      ],
      ['router.use()', () => new Router().use(once()).all('/x', chat).all('/y', chat), ['/x', '/y'], 'ALL *'],
      ['router.use() of a path', () => new Router().use('/x', once()).all('/x', chat), ['/x'], 'ALL /x'],
      [
        'router.use() of several paths',
        () => new Router().use(['/x', '/y'], once()).all('/x', chat).all('/y', chat),
        ['/x', '/y'],
        'ALL (/x|/y)',
      ],
      ['router.get() of several paths', () => inner(), ['/x', '/y'], 'GET (/x|/y)'],
      [
        'router.get() of several paths, in another router',
        () => new Router().use('/v1/:id', inner().routes()),
        ['/v1/a/x', '/v1/b/y'],
        'GET (/v1/:id/x|/v1/:id/y)',
      ],
      [
        'router.register() of several methods',
        () => {
          const router = new Router();
          router.register('/x', ['get', 'post'], [once(), chat]);
          return router;
        },
        ['/x'],
        'GET|POST /x',
      ],
      ['router.get() of a RegExp', () => new Router().get(/^\/[xy]$/, once(), chat), ['/x', '/y'], 'GET /^\\/[xy]$/'],
    ])('on %s', async (_where, guarded, paths, name) => {
      const app = new Koa();
      const metered = kit.costAware();
      const on = guarded();
      app.use(metered).use(on instanceof Router ? on.routes() : on);
      const { url } = await kit.serve(app);
      let served = 0;
      for (const method of METHODS) {
        for (const path of paths) if ((await status(url + path, { method })) === 200) served += 1;
      }
      expect(served).toBe(1);
      expect(metered.meter.budgets().map((budget) => budget.name)).toEqual([name]);
    });
  });

  test("names a budget that the router's own costAware brings", async () => {
    kit.costAware();
    const router = new Router();
    router.use(costAware({ budgets: [{ name: 'router', limitUsd: 0, window: 'day', routes: 'named' }] }));
    router.get('/ask', withBudget('router'), chat).get('/free', chat);
    const app = new Koa();
    app.use(costAware({})).use(router.routes());
    const { url } = await kit.serve(app);
    expect([await status(`${url}/ask`), await status(`${url}/free`)]).toEqual([402, 200]);
  });

  test('with a name that no budget has stops the app at start, and names the nearest', () => {
    kit.costAware({ budgets: [{ name: 'tenant-daily', limitUsd: 1, window: 'day' }] });
    expect(() => withBudget('tenant-dialy')).toThrow(OptionsError);
    expect(() => withBudget('tenant-dialy')).toThrow('did you mean "tenant-daily"?');
  });

  test('with a wrong budget stops the app at start', () => {
    expect(() => withBudget({ limitUsd: -1, window: 'day' })).toThrow('budget.limitUsd (budget "route") must be');
  });

  test('without costAware before it says so', async () => {
    const app = new Koa();
    app.use(withBudget());
    const { url, errors } = await kit.serve(app);
    expect(await status(url)).toBe(500);
    expect(errors).toEqual([expect.objectContaining({ message: expect.stringContaining('needs costAware()') })]);
  });

  test('denies nothing when the operator has switched everything off', async () => {
    process.env.EDEN_COST = 'off';
    try {
      const router = new Router().get('/ask', withBudget(), chat);
      const url = await serve(router, [{ name: 'none', limitUsd: 0, window: 'day' }]);
      expect(await status(`${url}/ask`)).toBe(200);
    } finally {
      delete process.env.EDEN_COST;
    }
  });
});
