import { BudgetExceededError, withBudget } from '@eden-cost/express';
import express, { type ErrorRequestHandler, type Express, type RequestHandler, Router } from 'express';
import OpenAI from 'openai';
import { CHAT, postInit } from '../support/calls.js';
import { CANARIES, expectNothingPrivate } from '../support/canaries.js';
import { useCostAware } from '../support/cost-aware.js';
import { useQuietExpress } from '../support/quiet-express.js';
import { rawRequest } from '../support/raw-http.js';
import { useServers } from '../support/serve.js';
import { useStandIn } from '../support/stand-in.js';

const standIn = useStandIn();
const serve = useServers();
const kit = useCostAware(() => standIn.eden);

useQuietExpress();

const PROMPT = { ...CHAT, messages: [{ role: 'user' as const, content: CANARIES.prompt }] };

const spent = () =>
  kit.costAware({
    labels: () => ({ tenant: CANARIES.label }),
    budgets: [{ name: CANARIES.budget, limitUsd: CANARIES.limitUsd, window: 'day', by: 'tenant' }],
  });

/** The next call costs the whole budget: the one after it is denied. */
const spendAll = () => standIn.eden.script({ costUsd: CANARIES.limitUsd });

const openai = () => kit.openai({ apiKey: CANARIES.key });
const ask = () => openai().chat.completions.create(PROMPT);
const askPlainly = () =>
  fetch(
    `${standIn.eden.baseUrl}/chat/completions`,
    postInit(PROMPT, { headers: { authorization: `Bearer ${CANARIES.key}` } }),
  );

/** Each asks twice: the first call spends the budget, the second is denied. */
const HANDLERS: Record<string, () => RequestHandler[]> = {
  'an async handler that rejects': () => [
    async () => {
      await ask();
      await ask();
    },
  ],
  'an async handler with a plain fetch': () => [
    async () => {
      await askPlainly();
      await askPlainly();
    },
  ],
  'a handler that calls next(error)': () => [
    (_req, _res, next) => {
      ask()
        .then(ask)
        .then(() => next(), next);
    },
  ],
  'a handler that throws at once': () => [
    async (_req, res, next) => {
      await ask();
      res.locals.denied = await ask().catch((error: unknown) => error);
      next();
    },
    (_req, res) => {
      throw res.locals.denied;
    },
  ],
  'a handler that wraps the error': () => [
    async () => {
      await ask();
      await ask().catch((error: unknown) => {
        throw new Error(`no summary of ${CANARIES.prompt}`, { cause: error });
      });
    },
  ],
  'withBudget()': () => [
    async (_req, _res, next) => {
      await ask();
      next();
    },
    withBudget(),
    (_req, res) => void res.send('not to be reached'),
  ],
  'costs.check()': () => [
    async (req) => {
      await ask();
      await req.costs.check();
    },
  ],
};

const PLACES: Record<string, (app: Express, handlers: RequestHandler[]) => string> = {
  'in the app': (app, handlers) => {
    app.post('/ask', ...handlers);
    return '/ask';
  },
  'in a middleware': (app, handlers) => {
    app.use('/ask', ...handlers);
    return '/ask';
  },
  'in a sub-router': (app, handlers) => {
    app.use('/api', Router().post('/ask', ...handlers));
    return '/api/ask';
  },
  'in a router of a router': (app, handlers) => {
    app.use('/tenants/:id', Router().use('/api', Router({ mergeParams: true }).post('/ask/:what', ...handlers)));
    return '/tenants/42/api/ask/this';
  },
  'in a nested sub-app': (app, handlers) => {
    const inner = express().post('/ask', ...handlers);
    app.use('/v1', express().use('/inner', inner));
    return '/v1/inner/ask';
  },
};

const ENVIRONMENTS = ['development', 'production'];
const MATRIX = ENVIRONMENTS.flatMap((environment) =>
  Object.keys(PLACES).flatMap((place) =>
    Object.keys(HANDLERS).map((handler) => [environment, place, handler] as const),
  ),
);

test.each(MATRIX)('answers a clean 402 with the one line alone (%s, %s, %s)', async (environment, place, handler) => {
  spendAll();
  const app = express().set('env', environment);
  app.use(spent());
  const path = PLACES[place]?.(app, HANDLERS[handler]?.() ?? []);
  const { url } = await serve(app);
  const answer = await rawRequest(url + path, { method: 'POST', headers: { 'x-user': CANARIES.label } });

  expect([answer.status, answer.reason]).toEqual([402, 'Payment Required']);
  expect(answer.headers['content-type']).toBe('text/html; charset=utf-8');
  expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
  expectNothingPrivate(answer);
  expect(standIn.eden.requests()).toHaveLength(1);
});

test('has the same headers as any other error of Express, and Retry-After', async () => {
  spendAll();
  const app = express().use(spent());
  app.get('/ask', ...(HANDLERS['an async handler that rejects']?.() ?? []));
  const { url } = await serve(app);
  const { headers } = await rawRequest(`${url}/ask`);
  expect(Object.keys(headers).sort()).toEqual(
    [
      'connection',
      'content-length',
      'content-security-policy',
      'content-type',
      'date',
      'retry-after',
      'x-content-type-options',
      'x-powered-by',
    ].sort(),
  );
});

test('answers a HEAD with the same head and no body', async () => {
  spendAll();
  const app = express().use(spent());
  app.get('/ask', ...(HANDLERS['an async handler that rejects']?.() ?? []));
  const { url } = await serve(app);
  const answer = await rawRequest(`${url}/ask`, { method: 'HEAD' });
  expect([answer.status, answer.body]).toEqual([402, '']);
  expectNothingPrivate(answer);
  expect(kit.costLines()).toMatchObject([{ req: { method: 'HEAD', route: '/ask' }, res: { statusCode: 402 } }]);
});

describe("the app's own error middleware", () => {
  interface Seen {
    readonly errors: unknown[];
    readonly remember: ErrorRequestHandler;
  }
  function remembering(answer: boolean): Seen {
    const errors: unknown[] = [];
    return {
      errors,
      remember: (error, _req, res, next) => {
        errors.push(error);
        if (answer) res.status(error.status).json({ sorry: error.code });
        else next(error);
      },
    };
  }

  const MOUNTED: Record<string, (app: Express, seen: Seen, handlers: RequestHandler[]) => string> = {
    'at the end of the app': (app, { remember }, handlers) => {
      app.get('/ask', ...handlers);
      app.use(remember);
      return '/ask';
    },
    'in the route itself': (app, { remember }, handlers) => {
      app.get('/ask', ...handlers, remember as unknown as RequestHandler);
      return '/ask';
    },
    'inside a sub-router': (app, { remember }, handlers) => {
      app.use(
        '/api',
        Router()
          .get('/ask', ...handlers)
          .use(remember),
      );
      return '/api/ask';
    },
    'inside a nested sub-app': (app, { remember }, handlers) => {
      app.use(
        '/v1',
        express()
          .get('/ask', ...handlers)
          .use(remember),
      );
      return '/v1/ask';
    },
    'after a sub-router': (app, { remember }, handlers) => {
      app.use('/api', Router().get('/ask', ...handlers));
      app.use('/api', remember);
      return '/api/ask';
    },
  };

  test.each(Object.keys(MOUNTED))("sees one typed error, with the SDK's as its cause, %s", async (place) => {
    spendAll();
    let raised: unknown;
    const app = express().use(spent());
    const seen = remembering(true);
    const path = MOUNTED[place]?.(app, seen, [
      async () => {
        await ask();
        await ask().catch((error: unknown) => {
          raised = error;
          throw error;
        });
      },
    ]);
    const { url } = await serve(app);
    const answer = await rawRequest(url + path);

    expect(seen.errors).toHaveLength(1);
    const [error] = seen.errors;
    expect(error).toBeInstanceOf(BudgetExceededError);
    expect(raised).toBeInstanceOf(OpenAI.APIError);
    expect(error).toMatchObject({
      name: 'BudgetExceededError',
      code: 'ERR_COST_BUDGET_EXCEEDED',
      status: 402,
      statusCode: 402,
      expose: true,
      reason: 'spent',
      budget: CANARIES.budget,
      limitNanos: 73_100_000,
      settledNanos: 73_100_000,
      headers: { 'retry-after': expect.stringMatching(/^\d+$/) },
      help: expect.stringContaining('err-cost-budget-exceeded'),
    });
    expect((error as Error).cause).toBe(raised);
    expect((error as Error).stack).toBe('BudgetExceededError: The AI budget for this request is used up');
    expect([answer.status, JSON.parse(answer.body)]).toEqual([402, { sorry: 'ERR_COST_BUDGET_EXCEEDED' }]);
  });

  test('sees the very same error in each place that it is passed on to', async () => {
    spendAll();
    const inner = remembering(false);
    const outer = remembering(true);
    const app = express().use(spent());
    app.use(
      '/api',
      Router()
        .get('/ask', ...(HANDLERS['an async handler that rejects']?.() ?? []))
        .use(inner.remember),
    );
    app.use(outer.remember);
    const { url } = await serve(app);
    await rawRequest(`${url}/api/ask`);
    expect(inner.errors).toHaveLength(1);
    expect(outer.errors[0]).toBe(inner.errors[0]);
  });

  test('decides what the client gets, whatever it makes of the error', async () => {
    spendAll();
    const app = express().use(spent());
    app.use(
      '/api',
      Router()
        .get('/ask', ...(HANDLERS['an async handler that rejects']?.() ?? []))
        .use(((error, _req, _res, next) => {
          next(Object.assign(new Error('busy', { cause: error }), { statusCode: 503 }));
        }) satisfies ErrorRequestHandler),
    );
    const { url } = await serve(app.set('env', 'production'));
    expect(await rawRequest(`${url}/api/ask`)).toMatchObject({ status: 503, reason: 'Service Unavailable' });
  });

  test('sees a typed error of an error middleware that asks Eden AI itself', async () => {
    spendAll();
    const seen = remembering(true);
    const app = express().use(spent());
    app.get('/ask', async () => {
      await ask();
      throw new TypeError('a mistake of the app');
    });
    app.use((async (_error, _req, _res, _next) => {
      await ask(); // for some kinder words
    }) satisfies ErrorRequestHandler);
    app.use(seen.remember);
    const { url } = await serve(app);
    expect((await rawRequest(`${url}/ask`)).status).toBe(402);
    expect(seen.errors).toEqual([expect.any(BudgetExceededError)]);
  });

  test('sees a typed error of a parameter that is looked up with Eden AI', async () => {
    spendAll();
    const seen = remembering(true);
    const app = express().use(spent());
    app.param('doc', (_req, _res, next) => {
      ask()
        .then(ask)
        .then(() => next(), next);
    });
    app.get('/docs/:doc', (_req, res) => void res.send('not to be reached'));
    app.use(seen.remember);
    const { url } = await serve(app);
    expect((await rawRequest(`${url}/docs/7`)).status).toBe(402);
    expect(seen.errors).toEqual([expect.any(BudgetExceededError)]);
  });

  test('sees every other error untouched', async () => {
    const mistake = new TypeError('a mistake of the app');
    const seen = remembering(false);
    const app = express().use(spent());
    app.get('/ask', () => {
      throw mistake;
    });
    app.use(seen.remember);
    const { url } = await serve(app.set('env', 'production'));
    expect((await rawRequest(`${url}/ask`)).status).toBe(500);
    expect(seen.errors[0]).toBe(mistake);
  });
});

describe('an app that catches the error itself', () => {
  async function caughtBy(handler: RequestHandler) {
    spendAll();
    const app = express().use(spent()).get('/ask', handler);
    const { url } = await serve(app.set('env', 'production'));
    return rawRequest(`${url}/ask`);
  }

  test("sees exactly the SDK's own error", async () => {
    let error: unknown;
    const answer = await caughtBy(async (_req, res) => {
      await ask();
      error = await ask().catch((raised: unknown) => raised);
      res.status(200).send('later');
    });
    expect([answer.status, answer.body]).toEqual([200, 'later']);
    expect(Object.getPrototypeOf(error)).toBe(OpenAI.APIError.prototype);
    expect(error).toMatchObject({ status: 402, type: 'payment_required', param: null });
  });

  test('answers with the status of its own error, although that has the denial as its cause', async () => {
    const answer = await caughtBy(async () => {
      await ask();
      await ask().catch((error: unknown) => {
        throw Object.assign(new Error('come back later', { cause: error }), { status: 503 });
      });
    });
    expect([answer.status, answer.reason]).toEqual([503, 'Service Unavailable']);
  });

  test.each<[string, () => Promise<unknown>]>([
    ["the SDK's error", ask],
    ["a plain fetch's", askPlainly],
  ])('answers with the status that it gives %s itself', async (_whose, asks) => {
    const answer = await caughtBy(async () => {
      await asks();
      await asks().catch((error: unknown) => {
        throw Object.assign(error as Error, { status: 503 });
      });
    });
    expect([answer.status, answer.reason]).toEqual([503, 'Service Unavailable']);
    expectNothingPrivate(answer);
  });

  test('has its denial in the cost line all the same', async () => {
    await caughtBy(async (_req, res) => {
      await ask();
      await ask().catch(() => {});
      res.send('later');
    });
    expect(kit.costLines()).toMatchObject([{ res: { statusCode: 200 }, edenai: { calls: 1, deniedCalls: 1 } }]);
  });
});
