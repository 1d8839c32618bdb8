import { Readable } from 'node:stream';
import { BudgetExceededError, type CostAwareOptions, costAware, withBudget } from '@eden-cost/koa';
import type { ReplyOptions } from '@eden-cost/testing';
import Router from '@koa/router';
import Koa, { type Middleware } from 'koa';
import OpenAI from 'openai';
import { ASKERS, askers } from '../support/askers.js';
import { CANARIES, expectNothingPrivate } from '../support/canaries.js';
import { rawRequest } from '../support/raw-http.js';
import { koaTakesWebBodies, useKoa } from './kit.js';

const kit = useKoa();
const clients = askers(() => kit.eden.baseUrl);
const ask = (client = 'openai 6') => clients[client]?.() ?? Promise.reject(new Error(client));

const spent: CostAwareOptions = {
  labels: () => ({ tenant: CANARIES.label }),
  budgets: [{ name: CANARIES.budget, limitUsd: CANARIES.limitUsd, window: 'day', by: 'tenant' }],
};

/** The next call costs the whole budget: the one after it is denied. */
const spendAll = () => kit.eden.script({ costUsd: CANARIES.limitUsd });
const noCredits = (reply: ReplyOptions = {}) =>
  kit.eden.script({
    status: 402,
    errorShape: 'balance',
    headers: { 'set-cookie': CANARIES.header, 'x-account-balance': CANARIES.header, 'retry-after': '9' },
    ...reply,
  });

const KINDS: Record<string, (client: string) => Promise<void>> = {
  'a spent budget': async (client) => {
    spendAll();
    await ask(client);
    await ask(client);
  },
  "Eden AI's own 402": async (client) => {
    noCredits();
    await ask(client);
  },
  "Eden AI's own 402, chunked": async (client) => {
    noCredits({ chunked: true, errorMessage: CANARIES.body });
    await ask(client);
  },
};

const PLACES: Record<string, (app: Koa, handler: Middleware) => string> = {
  'in the app': (app, handler) => {
    app.use(handler);
    return '/ask';
  },
  'in a router': (app, handler) => {
    app.use(new Router().post('/ask/:what', handler).routes());
    return '/ask/this';
  },
  'in a router of a router': (app, handler) => {
    const inner = new Router().post('/ask', handler);
    app.use(new Router().use('/tenants/:id', inner.routes()).routes());
    return '/tenants/42/ask';
  },
};

const MATRIX = Object.keys(KINDS).flatMap((kind) =>
  ASKERS.flatMap((client) => Object.keys(PLACES).map((place) => [kind, client, place] as const)),
);

test.each(MATRIX)('%s answers a clean 402 with the one line alone (%s, %s)', async (kind, client, place) => {
  const app = new Koa();
  app.use(kit.costAware(spent));
  const path = PLACES[place]?.(app, async () => KINDS[kind]?.(client)) ?? '';
  const { url, errors } = await kit.serve(app);
  const answer = await rawRequest(url + path, { method: 'POST' });

  expect([answer.status, answer.reason]).toEqual([402, 'Payment Required']);
  expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8');
  expect(answer.headers['retry-after'] !== undefined).toBe(kind === 'a spent budget');
  expectNothingPrivate(answer);
  expect(kit.costLines()).toMatchObject([{ res: { statusCode: 402 }, edenai: { deniedCalls: 1 } }]);
  expect(JSON.stringify(kit.lines)).not.toMatch(/canary-(key|prompt|header|body)/);
  expect(errors).toEqual([expect.objectContaining({ status: 402, expose: true })]);
});

test('Koa itself prints nothing of it', async () => {
  const print = jest.spyOn(console, 'error').mockImplementation(() => {});
  spendAll();
  const app = kit.app(spent, () => KINDS['a spent budget']?.('openai 6'));
  app.onerror(new BudgetExceededError({ budget: '', reason: 'spent' }, { status: 402 }));
  expect(print).not.toHaveBeenCalled();
  print.mockRestore();
});

describe("the app's own error handler, mounted before", () => {
  const seen: unknown[] = [];
  const remember: Middleware = async (ctx, next) => {
    try {
      await next();
    } catch (error) {
      seen.push(error);
      ctx.status = (error as { status: number }).status;
      ctx.body = { sorry: (error as { code?: string }).code };
    }
  };
  beforeEach(() => seen.splice(0));

  test("sees one typed error, with the SDK's as its cause", async () => {
    spendAll();
    let raised: unknown;
    const app = new Koa();
    app.use(remember).use(kit.costAware(spent));
    app.use(async () => {
      await ask();
      await ask().catch((error) => {
        raised = error;
        throw error;
      });
    });
    const answer = await rawRequest((await kit.serve(app)).url);
    expect(seen).toEqual([expect.any(BudgetExceededError)]);
    expect(raised).toBeInstanceOf(OpenAI.APIError);
    expect(seen[0]).toMatchObject({ code: 'ERR_COST_BUDGET_EXCEEDED', status: 402, expose: true, cause: raised });
    expect([answer.status, JSON.parse(answer.body)]).toEqual([402, { sorry: 'ERR_COST_BUDGET_EXCEEDED' }]);
  });

  test("sees its own errors, and another service's 402, untouched", async () => {
    const own = Object.assign(new Error('card declined'), { status: 402, headers: { 'x-stripe': '1' } });
    const about = new Error('no subscription', { cause: own });
    const app = new Koa();
    app.use(remember).use(kit.costAware(spent));
    app.use(async (ctx) => {
      spendAll();
      for (let call = 0; call < 2; call++) await ask().catch(() => {});
      throw ctx.path === '/about' ? about : own;
    });
    const { url } = await kit.serve(app);
    expect((await rawRequest(url)).status).toBe(402);
    expect((await rawRequest(`${url}/about`)).status).toBe(500);
    expect(seen).toEqual([own, about]);
  });

  test('sees what the app made of a denial, as the app made it', async () => {
    spendAll();
    const app = new Koa();
    app.use(remember).use(kit.costAware(spent));
    app.use(async (ctx) => {
      await ask();
      await ask().catch((cause) => ctx.throw(503, 'busy', { cause }));
    });
    expect((await rawRequest((await kit.serve(app)).url)).status).toBe(503);
    expect(seen).toEqual([expect.objectContaining({ message: 'busy' })]);
  });

  test.each(['openai 6', 'axios', 'fetch'])(
    'sees a typed error with the status that the app gave that of %s',
    async (client) => {
      spendAll();
      const app = new Koa();
      app.use(remember).use(kit.costAware(spent));
      app.use(async () => {
        await ask(client);
        await ask(client).catch((error) => {
          throw Object.assign(error, { status: 503 });
        });
      });
      expect((await rawRequest((await kit.serve(app)).url)).status).toBe(503);
      expect(seen).toEqual([
        expect.objectContaining({ code: 'ERR_COST_BUDGET_EXCEEDED', status: 503, statusCode: 503 }),
      ]);
    },
  );
});

describe('problemJson', () => {
  const problems = { ...spent, problemJson: true };

  test('answers application/problem+json, with nothing private in it', async () => {
    spendAll();
    const app = kit.app(problems, async (ctx) => {
      ctx.set({ 'content-encoding': 'x-none', etag: '"1"', 'x-own': 'stays' });
      await ask();
      await ask();
    });
    const { url, errors } = await kit.serve(app);
    const answer = await rawRequest(url);
    expect(answer.status).toBe(402);
    expect(answer.headers).toMatchObject({
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
      'retry-after': expect.stringMatching(/^\d+$/),
      'x-own': 'stays',
    });
    expect(answer.headers).not.toHaveProperty('etag');
    expect(answer.headers).not.toHaveProperty('content-encoding');
    const { type, ...problem } = JSON.parse(answer.body);
    expect(type).toBe('urn:eden-cost:budget-exceeded');
    expect(problem).toEqual({ title: 'Payment Required', status: 402, code: 'ERR_COST_BUDGET_EXCEEDED' });
    expectNothingPrivate({ ...answer, text: answer.text.replace(type, '').replace(problem.code, '') });
    expect(errors).toEqual([]);
    expect(kit.costLines()).toMatchObject([{ res: { statusCode: 402 } }]);
  });

  test('answers text to a client that wants text', async () => {
    noCredits();
    const app = kit.app(problems, () => ask());
    const { url } = await kit.serve(app);
    const answer = await rawRequest(url, { headers: { accept: 'text/plain' } });
    expect(answer).toMatchObject({ status: 402, body: 'Payment Required' });
  });

  test('answers the configured status, and tells the app of a 5xx', async () => {
    noCredits();
    const { url, errors } = await kit.serve(kit.app({ ...problems, status: { credits: 503 } }, () => ask()));
    const answer = await rawRequest(url);
    expect([answer.status, JSON.parse(answer.body)]).toEqual([
      503,
      {
        type: 'urn:eden-cost:credits-exhausted',
        title: 'Service Unavailable',
        status: 503,
        code: 'ERR_COST_CREDITS_EXHAUSTED',
      },
    ]);
    expect(errors).toEqual([expect.objectContaining({ code: 'ERR_COST_CREDITS_EXHAUSTED' })]);
  });

  test('answers for a handler that was to answer by itself', async () => {
    spendAll();
    const app = kit.app(problems, async (ctx) => {
      ctx.respond = false;
      await ask();
      await ask();
      ctx.res.end('by itself');
    });
    const answer = await rawRequest((await kit.serve(app)).url);
    expect([answer.status, answer.headers['content-type']]).toEqual([402, 'application/problem+json']);
  });

  test('lets other errors go', async () => {
    const app = kit.app(problems, (ctx) => ctx.throw(418, 'teapot'));
    const { url } = await kit.serve(app);
    expect(await rawRequest(url)).toMatchObject({ status: 418, body: 'teapot' });
  });

  test('of a router answers for that router', async () => {
    spendAll();
    const app = new Koa();
    app.use(kit.costAware(spent));
    const router = new Router({ prefix: '/api' });
    router.use(costAware({ problemJson: true }));
    router.get('/ask', () => KINDS['a spent budget']?.('openai 6') as Promise<void>);
    const { url } = await kit.serve(app.use(router.routes()));
    expect((await rawRequest(`${url}/api/ask`)).headers['content-type']).toBe('application/problem+json');
  });

  test('must be true or false', () => {
    expect(() => kit.costAware({ problemJson: 'yes' as never })).toThrow('options.problemJson must be true or false');
  });
});

/** Each asks when it is read, and before its first byte. */
const DENIED_BODIES: Record<string, () => unknown> = {
  'a Readable': () =>
    Readable.from(
      (async function* () {
        yield String(await ask());
      })(),
    ),
  // Koa 2 has none of these: there they are JSON
  ...(koaTakesWebBodies() && {
    'a ReadableStream': () => askingStream(),
    'a Response': () => new Response(askingStream()),
    'a Blob': () => Object.assign(new Blob(['as long as it says']), { stream: askingStream }),
  }),
};

function askingStream(): ReadableStream {
  const pull = async (controller: ReadableStreamDefaultController) => controller.enqueue(String(await ask()));
  return new ReadableStream({ pull }, { highWaterMark: 0 });
}

describe.each(Object.keys(DENIED_BODIES))('a body that is %s, and denied before its first byte', (kind) => {
  const none = { name: 'none', limitUsd: 0, window: 'day' } as const;

  test.each([false, true])('is answered like any other denial, with problemJson: %s', async (problemJson) => {
    const app = kit.app({ budgets: [none], problemJson }, (ctx) => {
      ctx.set('x-app', 'set for the body');
      ctx.body = DENIED_BODIES[kind]?.();
    });
    const { url, errors } = await kit.serve(app);
    const { status, headers, body } = await rawRequest(url);
    expect([status, headers['content-type'], body]).toEqual(
      problemJson
        ? [402, 'application/problem+json', expect.stringContaining('"code":"ERR_COST_BUDGET_EXCEEDED"')]
        : [402, 'text/plain; charset=utf-8', 'The AI budget for this request is used up'],
    );
    expect(errors).toEqual(problemJson ? [] : [expect.any(BudgetExceededError)]);
    expect(kit.costLines()).toMatchObject([{ res: { statusCode: 402 }, edenai: { deniedCalls: 1, aborted: false } }]);
  });

  test('is a problem where a router says so', async () => {
    const app = new Koa();
    app.use(kit.costAware({ budgets: [none] }));
    const router = new Router().use(costAware({ problemJson: true })).get('/ask', (ctx) => {
      ctx.body = DENIED_BODIES[kind]?.();
    });
    const { url } = await kit.serve(app.use(router.routes()));
    expect(await rawRequest(`${url}/ask`)).toMatchObject({
      status: 402,
      headers: { 'content-type': 'application/problem+json' },
    });
  });
});

describe('a body that is a stream', () => {
  test('cannot be answered any more once it has begun, and the process lives', async () => {
    spendAll();
    const app = kit.app(spent, async (ctx) => {
      if (ctx.path === '/alive') {
        ctx.body = 'yes';
        return;
      }
      ctx.body = Readable.from(
        (async function* () {
          await ask();
          yield 'some of it';
          await ask();
        })(),
      );
    });
    const { url, errors } = await kit.serve(app);
    const client = new AbortController();
    const response = await fetch(url, { signal: client.signal });
    expect(response.status).toBe(200);
    await response.body?.getReader().read();
    while (errors.length === 0) await new Promise((resolve) => setImmediate(resolve));
    client.abort(); // Koa 3 has cut the connection by now; Koa 2 leaves it open
    while (kit.costLines().length === 0) await new Promise((resolve) => setImmediate(resolve));
    for (const error of errors) expect(error).toBeInstanceOf(BudgetExceededError);
    expect(kit.costLines()).toMatchObject([{ edenai: { calls: 1, deniedCalls: 1, aborted: true } }]);
    expect(await (await fetch(`${url}/alive`)).text()).toBe('yes');
  });

  test('is a 402 before the first byte with withBudget()', async () => {
    const router = new Router().get('/stream', withBudget(), (ctx) => {
      ctx.body = Readable.from(['not to be sent']);
    });
    const app = new Koa();
    app.use(kit.costAware({ budgets: [{ name: 'none', limitUsd: 0, window: 'day' }] })).use(router.routes());
    const { url } = await kit.serve(app);
    expect(await rawRequest(`${url}/stream`)).toMatchObject({ status: 402, reason: 'Payment Required' });
    expect(kit.eden.requests()).toEqual([]);
  });
});
