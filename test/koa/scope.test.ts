import { AsyncLocalStorage } from 'node:async_hooks';
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { type CostAwareOptions, type CostScope, costAware } from '@eden-cost/koa';
import Router from '@koa/router';
import Koa, { type Context } from 'koa';
import OpenAI from 'openai';
import { CHAT, postInit, readAnswer } from '../support/calls.js';
import { useKoa } from './kit.js';

const kit = useKoa();

const chat = async (costUsd: number) =>
  readAnswer(await fetch(`${kit.eden.baseUrl}/chat/completions`, postInit(CHAT, { reply: { costUsd } })));

const get = async (url: string, init?: RequestInit) => (await fetch(url, init)).text();

describe('ctx.costs', () => {
  test('has the cost of a call as soon as its answer has been read', async () => {
    const app = kit.app({}, async (ctx) => {
      const openai = new OpenAI({ baseURL: kit.eden.baseUrl, apiKey: 'any' });
      kit.eden.script({ costUsd: 0.25 });
      await openai.chat.completions.create(CHAT);
      await chat(0.5);
      const costs: CostScope = ctx.costs;
      ctx.body = { totalUsd: costs.totalUsd, calls: costs.charges.length };
    });
    expect(JSON.parse(await get((await kit.serve(app)).url))).toEqual({ totalUsd: 0.75, calls: 2 });
  });

  test('is a type that the compiler knows', () => {
    const use = (ctx: Context) => {
      // @ts-expect-error: a scope has no such member
      void ctx.costs.totalEuro;
      const total: number = ctx.costs.totalUsd;
      // @ts-expect-error: it is a number
      const text: string = ctx.costs.totalUsd;
      return [total, text];
    };
    new Router().get('/', (ctx) => {
      const nanos: number = ctx.costs.totalNanos;
      void nanos;
    });
    expect(use).toBeDefined();
  });

  test('is each request’s own, for 100 at once', async () => {
    const app = kit.app({ labels: (ctx) => ({ tenant: ctx.query.tenant as string }) }, async (ctx) => {
      const index = Number(ctx.query.tenant);
      await Promise.all([chat(index / 1000), chat(index / 1000)]);
      ctx.body = String(ctx.costs.totalNanos);
    });
    const { url } = await kit.serve(app);
    const indexes = Array.from({ length: 100 }, (_, index) => index);
    const totals = await Promise.all(indexes.map((index) => get(`${url}/?tenant=${index}`)));
    expect(totals).toEqual(indexes.map((index) => String(index * 2_000_000)));
    const logged = kit.costLines().map(({ edenai }) => [edenai.labels.tenant, edenai.costNanos]);
    expect(new Map(logged as [string, number][])).toEqual(
      new Map(indexes.map((index) => [String(index), index * 2_000_000])),
    );
  });

  test.each([
    ['of its own', { asyncLocalStorage: true }],
    ['of the app', { asyncLocalStorage: new AsyncLocalStorage<Context>() }],
  ])('is beside an AsyncLocalStorage %s that Koa keeps', async (_whose, options) => {
    const app = new Koa(options);
    app.use(kit.costAware());
    app.use(async (ctx) => {
      await chat(0.125);
      ctx.body = [app.currentContext === ctx, ctx.costs.totalUsd];
    });
    expect(await get((await kit.serve(app)).url)).toBe('[true,0.125]');
  });
});

describe('a request', () => {
  test('is one line, with the template of its route, whatever its URL holds', async () => {
    const inner = new Router().get('/docs/:doc', async (ctx) => {
      await chat(0.25);
      await chat(0.25);
      ctx.status = 201;
      ctx.body = 'ok';
    });
    const app = new Koa();
    app.use(kit.costAware({ labels: () => ({ tenant: 'acme' }) }));
    app.use(new Router().use('/tenants/:id', inner.routes()).routes());
    await get(`${(await kit.serve(app)).url}/tenants/secret/docs/secret?key=secret`);
    expect(kit.costLines()).toEqual([
      {
        level: 30,
        msg: 'edenai request cost',
        req: { id: expect.any(String), method: 'GET', route: '/tenants/:id/docs/:doc' },
        res: { statusCode: 201 },
        responseTime: expect.any(Number),
        edenai: expect.objectContaining({
          costUsd: 0.5,
          costNanos: 500_000_000,
          calls: 2,
          deniedCalls: 0,
          labels: { tenant: 'acme' },
          aborted: false,
          late: false,
        }),
      },
    ]);
    expect(JSON.stringify(kit.lines)).not.toContain('secret');
  });

  test('has no route in its line without a router, and no line without a call', async () => {
    const app = kit.app({}, async (ctx) => {
      if (ctx.path === '/ask') await chat(0.25);
      ctx.body = 'ok';
    });
    const { url } = await kit.serve(app);
    await get(`${url}/quiet`);
    await get(`${url}/ask`);
    expect(kit.costLines().map(({ req }) => req)).toEqual([{ id: expect.any(String), method: 'GET' }]);
  });

  describe('that has a logger on its context', () => {
    async function linesOf(options: CostAwareOptions): Promise<object[]> {
      const lines: object[] = [];
      const log = {
        info: (line: object) => lines.push(line),
        warn: () => {},
        error: () => {},
        bindings: () => ({ req: { id: 'bound' } }),
      };
      const app = new Koa();
      app.use((ctx, next) => {
        ctx.log = log;
        return next();
      });
      app.use(kit.costAware(options));
      app.use(async (ctx) => {
        await chat(0.25);
        ctx.body = 'ok';
      });
      await get((await kit.serve(app)).url);
      return lines;
    }

    test('logs through it where the options name none, without saying the request twice', async () => {
      jest.spyOn(process.stdout, 'write').mockImplementation(() => true); // the line at start is pino's
      expect(await linesOf({ logger: undefined as never })).toEqual([
        { res: { statusCode: 200 }, responseTime: expect.any(Number), edenai: expect.anything() },
      ]);
      jest.restoreAllMocks();
    });

    test('logs through the one that the options name', async () => {
      expect(await linesOf({})).toEqual([]);
      expect(kit.costLines()).toHaveLength(1);
    });

    test('logs nothing where the options say so', async () => {
      expect(await linesOf({ logger: false })).toEqual([]);
    });
  });

  test('that is metered twice on its way is one scope and one line, with the labels and budgets of both', async () => {
    const app = new Koa();
    app.use(kit.costAware({ labels: () => ({ tenant: 'acme' }) }));
    const router = new Router();
    router.use(
      costAware({ labels: () => ({ feature: 'ask' }), budgets: [{ name: 'router', limitUsd: 0.5, window: 'total' }] }),
    );
    router.get('/ask', async (ctx) => {
      await chat(0.5);
      ctx.body = [ctx.costs.labels, await ctx.costs.remaining('router')];
    });
    const { url } = await kit.serve(app.use(router.routes()));
    expect(JSON.parse(await get(`${url}/ask`))).toEqual([
      { tenant: 'acme', feature: 'ask' },
      [{ budget: 'router', remainingUsd: 0, heldUsd: 0 }],
    ]);
    expect(kit.costLines()).toHaveLength(1);
  });

  test('whose call ends after the answer has a second line, and pays for it all the same', async () => {
    let late: Promise<unknown> = Promise.resolve();
    let open = () => {};
    const app = kit.app({}, async (ctx) => {
      await chat(0.25);
      const hold = new Promise<void>((resolve) => {
        open = resolve;
      });
      kit.eden.script({ costUsd: 0.5, hold });
      late = fetch(`${kit.eden.baseUrl}/chat/completions`, postInit(CHAT)).then(readAnswer);
      ctx.body = 'ok';
    });
    await get((await kit.serve(app)).url);
    await kit.eden.received(2);
    open();
    await late;
    expect(kit.costLines().map(({ edenai }) => [edenai.costNanos, edenai.late])).toEqual([
      [250_000_000, false],
      [500_000_000, true],
    ]);
  });

  test('that its client leaves is one line all the same, and says so', async () => {
    const app = kit.app({}, async (ctx) => {
      await chat(0.25);
      ctx.body = new PassThrough();
      (ctx.body as PassThrough).write('begun');
    });
    const { url } = await kit.serve(app);
    const client = new AbortController();
    const response = await fetch(url, { signal: client.signal });
    await response.body?.getReader().read();
    client.abort();
    while (kit.costLines().length === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(kit.costLines()).toMatchObject([{ edenai: { costNanos: 250_000_000, aborted: true } }]);
  });
});

test('ctx.respond = false: a handler that answers itself is one line', async () => {
  const app = kit.app({}, async (ctx) => {
    ctx.respond = false;
    await chat(0.25);
    ctx.res.end('mine');
  });
  expect(await get((await kit.serve(app)).url)).toBe('mine');
  expect(kit.costLines()).toHaveLength(1);
});

test('ctx.costs.run keeps the scope where a callback loses it', async () => {
  const app = kit.app({}, async (ctx) => {
    ctx.req.resume();
    const done = new Promise<void>((resolve) => {
      ctx.req.on('end', () => void ctx.costs.run(() => chat(0.25)).then(() => resolve()));
    });
    await Promise.all([done, once(ctx.req, 'end')]);
    ctx.body = String(ctx.costs.totalUsd);
  });
  const { url } = await kit.serve(app);
  expect(await get(url, { method: 'POST', body: 'x'.repeat(1000) })).toBe('0.25');
});

test('an app that another one hands its request to is in the scope, and has its costs', async () => {
  const outer = new Koa();
  const inner = new Koa();
  const metered = kit.costAware();
  inner.use(metered).use(async (ctx) => {
    await chat(0.25);
    ctx.body = { costUsd: ctx.costs.totalUsd };
  });
  outer.use(metered).use(async (ctx) => {
    ctx.respond = false;
    await inner.callback()(ctx.req, ctx.res);
  });
  const { url } = await kit.serve(outer);
  expect(JSON.parse(await get(url))).toEqual({ costUsd: 0.25 });
  expect(kit.costLines()).toMatchObject([{ edenai: { calls: 1 } }]);
});
