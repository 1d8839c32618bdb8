import express, { type RequestHandler, Router } from 'express';
import request from 'supertest';
import { useKit } from '../test-kit.js';
import { type Budget, BudgetExceededError, OptionsError, withBudget } from './index.js';
import { stateOf } from './request-state.js';

const kit = useKit();

const ask: RequestHandler = async (_req, res) => {
  await kit.chat();
  res.send('answered');
};
const newApp = () => express().set('env', 'test');
const oneCall = (name: string, more: Partial<Budget> = {}): Budget => ({
  name,
  limitUsd: 0.01,
  window: 'day',
  ...more,
});

/** The statuses of requests, one after the other. */
async function statuses(url: string, paths: string[]): Promise<number[]> {
  const found = [];
  for (const path of paths) {
    const [method = 'get', target = path] = path.includes(' ') ? path.split(' ') : ['get', path];
    found.push((await request(url)[method as 'get'](target)).status);
  }
  return found;
}

describe('withBudget()', () => {
  test('denies before the handler runs, without asking Eden AI', async () => {
    let handled = 0;
    const app = newApp().use(kit.metered({ budgets: [oneCall('all')] }));
    app.get(
      '/ask',
      withBudget(),
      (_req, _res, next) => {
        handled += 1;
        next();
      },
      ask,
    );
    const url = await kit.serve(app);
    expect(await statuses(url, ['/ask', '/ask'])).toEqual([200, 402]);
    expect([handled, kit.eden.requests().length]).toEqual([1, 1]);
    expect(kit.costLines().map(({ edenai }) => edenai.deniedCalls)).toEqual([0, 1]);
  });

  test('is a typed error for the error middleware', async () => {
    const errors: unknown[] = [];
    const app = newApp().use(kit.metered({ budgets: [oneCall('all', { limitUsd: 0 })] }));
    app.get('/ask', withBudget(), ask);
    app.use(((error, _req, res, _next) => {
      errors.push(error);
      res.status(error.status).end();
    }) satisfies express.ErrorRequestHandler);
    await request(await kit.serve(app))
      .get('/ask')
      .expect(402);
    expect(errors).toEqual([expect.any(BudgetExceededError)]);
    expect(errors[0]).toMatchObject({ budget: 'all', reason: 'spent', limitNanos: 0 });
  });

  test('holds nothing for a request that then asks for nothing', async () => {
    const app = newApp().use(kit.metered({ budgets: [oneCall('all', { estimateUsd: 0.01 })] }));
    app.get('/look', withBudget(), async (req, res) => void res.json(await req.costs.remaining()));
    const url = await kit.serve(app);
    for (let i = 0; i < 3; i += 1) {
      const { body } = await request(url).get('/look').expect(200);
      expect(body).toMatchObject([{ budget: 'all', remainingUsd: 0.01, heldUsd: 0 }]);
    }
  });

  test('guards a whole router, and a whole app', async () => {
    const app = newApp().use(kit.metered({ budgets: [oneCall('all')] }));
    app.use(
      '/paid',
      Router()
        .use(withBudget())
        .get('/ask', ask)
        .get('/free', (_req, res) => void res.send('free')),
    );
    const url = await kit.serve(app);
    expect(await statuses(url, ['/paid/ask', '/paid/free'])).toEqual([200, 402]);
  });

  test('reads the labels of an authentication that comes before it', async () => {
    const app = newApp().use(
      kit.metered({
        budgets: [oneCall('each', { by: 'tenant' })],
        labels: (req) => ({ tenant: (req as express.Request & { tenant?: string }).tenant }),
      }),
    );
    app.use((req, _res, next) => {
      Object.assign(req, { tenant: req.query.tenant });
      next();
    });
    app.get('/ask', withBudget(), ask);
    const url = await kit.serve(app);
    expect(await statuses(url, ['/ask?tenant=a', '/ask?tenant=a', '/ask?tenant=b'])).toEqual([200, 402, 200]);
  });

  test('says what is missing where costAware is not mounted before it', async () => {
    const errors: unknown[] = [];
    const app = newApp().get('/ask', withBudget(), ask);
    app.use(((error, _req, res, _next) => {
      errors.push(error);
      res.status(500).end();
    }) satisfies express.ErrorRequestHandler);
    app.use(kit.metered());
    await request(await kit.serve(app))
      .get('/ask')
      .expect(500);
    expect(errors).toEqual([expect.any(OptionsError)]);
    expect(String(errors[0])).toContain('withBudget() needs costAware() to be mounted before it');
  });
});

describe("withBudget('name')", () => {
  const budgets: Budget[] = [oneCall('images', { routes: 'named' }), oneCall('videos', { routes: 'named' })];

  test('applies a budget for named routes where it is named, and nowhere else', async () => {
    const app = newApp().use(kit.metered({ budgets }));
    app.get('/image', withBudget('images'), ask);
    app.get('/poster', withBudget('images'), ask);
    app.get('/video', withBudget('videos'), ask);
    app.get('/text', ask);
    app.get('/stream', withBudget(), ask);
    const url = await kit.serve(app);
    expect(await statuses(url, ['/image', '/image', '/poster', '/video', '/text', '/text', '/stream'])).toEqual([
      200, 402, 402, 200, 200, 200, 200,
    ]);
  });

  test('may name several on one route: all of them apply', async () => {
    const app = newApp().use(kit.metered({ budgets }));
    app.get('/both', withBudget('images'), withBudget('videos'), ask);
    app.get('/video', withBudget('videos'), ask);
    const url = await kit.serve(app);
    expect(await statuses(url, ['/video', '/both'])).toEqual([200, 402]);
  });

  test('checks the budgets of every route as well', async () => {
    const app = newApp().use(kit.metered({ budgets: [...budgets, oneCall('all')] }));
    app.get('/text', ask);
    app.get('/image', withBudget('images'), ask);
    const url = await kit.serve(app);
    expect(await statuses(url, ['/text', '/image'])).toEqual([200, 402]);
  });

  test("names a budget of the router's own costAware", async () => {
    const app = newApp().use(kit.metered());
    const router = Router().use(kit.metered({ budgets }));
    app.use('/media', router.get('/image', withBudget('images'), ask));
    const url = await kit.serve(app);
    expect(await statuses(url, ['/media/image', '/media/image'])).toEqual([200, 402]);
  });

  test('of no budget is an OptionsError at once, with the nearest name', () => {
    kit.metered({ budgets });
    expect(() => withBudget('imagse')).toThrow(OptionsError);
    expect(() => withBudget('imagse')).toThrow(/"imagse".*did you mean "images"\?/);
  });

  test('of no budget is an OptionsError of costAware, where the route was loaded first', () => {
    withBudget('imagse');
    expect(() => kit.metered({ budgets })).toThrow(/"imagse".*did you mean "images"\?/);
    // it is told once: a next attempt does not stumble over it
    expect(() => kit.metered({ budgets })).not.toThrow();
  });

  test('works where the route was loaded first', async () => {
    const router = Router().get('/image', withBudget('images'), ask);
    const app = newApp().use(kit.metered({ budgets })).use(router);
    const url = await kit.serve(app);
    expect(await statuses(url, ['/image', '/image'])).toEqual([200, 402]);
  });
});

describe('withBudget({ limitUsd, window })', () => {
  const inline = { limitUsd: 0.01, window: 'day' } as const;

  async function chargedBudgets(app: express.Express, path: string, method: 'get' | 'post' | 'put' = 'get') {
    let budgets: readonly string[] = [];
    const answer: RequestHandler = async (req, res) => {
      await kit.chat();
      budgets = req.costs.charges[0]?.budgets ?? [];
      res.end();
    };
    app.use(answer);
    await request(await kit.serve(app))
      [method](path)
      .expect(200);
    return budgets;
  }
  const guard = () => [withBudget(inline), ((_req, _res, next) => next()) as RequestHandler];

  test.each<[string, (app: express.Express) => void, string, string]>([
    ['a route', (app) => app.get('/image', guard()), '/image', 'GET /image'],
    ['a route with parameters', (app) => app.get('/users/:id', guard()), '/users/42', 'GET /users/:id'],
    ['a router', (app) => app.use('/t/:id', Router().get('/image', guard())), '/t/42/image', 'GET /t/:id/image'],
    ['a sub-app', (app) => app.use('/v1', express().get('/image', guard())), '/v1/image', 'GET /v1/image'],
    ['app.all()', (app) => app.all('/image', guard()), '/image', 'ALL /image'],
    ['app.use()', (app) => app.use('/image', guard()), '/image/42', 'ALL /image'],
    ['app.use() without a path', (app) => app.use(guard()), '/secret/42', 'ALL /'],
    ['router.use()', (app) => app.use('/t/:id', Router().use(guard())), '/t/42', 'ALL /t/:id'],
  ])('on %s is named by it', async (_where, mount, path, name) => {
    const app = newApp().use(kit.metered());
    mount(app);
    expect(await chargedBudgets(app, path)).toEqual([name]);
  });

  test('is one budget for all that its route answers', async () => {
    const app = newApp().use(kit.metered());
    app.get('/users/:id', withBudget(inline), ask);
    const url = await kit.serve(app);
    // a HEAD is answered by the same route: it is no way around the limit
    expect(await statuses(url, ['/users/1', '/users/2', 'head /users/1'])).toEqual([200, 402, 402]);
  });

  test.each<[string, (app: express.Express) => unknown, paths: string[]]>([
    ['app.all()', (app) => app.all('/image', withBudget(inline), ask), ['/image']],
    ['route.all()', (app) => app.route('/image').all(withBudget(inline), ask), ['/image']],
    ['app.use()', (app) => app.use(withBudget(inline), ask), ['/image', '/other']],
    ['app.use() of a path', (app) => app.use('/image', withBudget(inline), ask), ['/image', '/Image', '/image/1']],
    ['app.use() of several paths', (app) => app.use(['/a', '/b/:id'], withBudget(inline), ask), ['/a', '/b/1', '/B/2']],
    ['app.all() of several paths', (app) => app.all(['/a', '/b/:id'], withBudget(inline), ask), ['/a', '/b/1', '/B/2']],
    [
      'a router at several paths',
      (app) => app.use(['/a', '/b'], Router().all('/ask', withBudget(inline), ask)),
      ['/a/ask', '/b/ask', '/B/Ask'],
    ],
    [
      'a sub-app',
      (app) => app.use('/v1/:id', express().all('/ask', withBudget(inline), ask)),
      ['/v1/1/ask', '/V1/2/ASK'],
    ],
  ])('of %s is one budget for every method and path that a client picks', async (_where, mount, paths) => {
    const app = newApp().use(kit.metered());
    mount(app);
    const url = await kit.serve(app);
    const asked = ['post', 'get', 'head', 'put', 'propfind'].flatMap((method) =>
      paths.map((path) => `${method} ${path}`),
    );
    expect(await statuses(url, asked)).toEqual([200, ...asked.slice(1).map(() => 402)]);
  });

  test('is one budget for every method where the layers of Express are not found', async () => {
    const app = newApp().use(kit.metered());
    const guard = withBudget(inline);
    app.all('/image', (req, res, next) => {
      Object.assign(stateOf(req), { layer: undefined });
      guard(req, res, next);
    });
    app.use(ask);
    const url = await kit.serve(app);
    expect(await statuses(url, ['post /image', 'get /image', 'put /image'])).toEqual([200, 402, 402]);
  });

  test('is a budget of that route alone', async () => {
    const app = newApp().use(kit.metered());
    app.get('/a', withBudget(inline), ask).get('/b', withBudget(inline), ask).post('/a', withBudget(inline), ask);
    app.get('/c', ask);
    const url = await kit.serve(app);
    expect(await statuses(url, ['/a', '/b', 'post /a', '/c', '/c', '/a'])).toEqual([200, 200, 200, 200, 200, 402]);
  });

  test('is a budget of that route alone, however long the path that it shares with another', async () => {
    const app = newApp().use(kit.metered());
    const long = `/${'long'.repeat(50)}`;
    app.get(`${long}/a`, withBudget(inline), ask).get(`${long}/b`, withBudget(inline), ask);
    const url = await kit.serve(app);
    expect(await statuses(url, [`${long}/a`, `${long}/b`, `${long}/a`])).toEqual([200, 200, 402]);
  });

  test('is each its own, with names, where a route has several', async () => {
    const app = newApp().use(kit.metered());
    app.get(
      '/a',
      withBudget({ ...inline, name: 'a day', limitUsd: 5 }),
      withBudget({ ...inline, name: 'a month', window: 'month' }),
      ask,
    );
    const url = await kit.serve(app);
    expect(await statuses(url, ['/a', '/a'])).toEqual([200, 402]);
  });

  test('has its own name where it is given one, and may be shared', async () => {
    const shared = withBudget({ ...inline, name: 'images' });
    const app = newApp().use(kit.metered()).get('/a', shared, ask).get('/b', shared, ask);
    const url = await kit.serve(app);
    expect(await statuses(url, ['/a', '/b'])).toEqual([200, 402]);
    expect(JSON.stringify(kit.lines)).toContain('budget \\"images\\" is spent');
  });

  test('holds the calls of a request to its window "request"', async () => {
    const app = newApp().use(kit.metered());
    app.get('/twice', withBudget({ limitUsd: 0.01, window: 'request' }), async (_req, res) => {
      await kit.chat();
      await kit.chat();
      res.end();
    });
    const url = await kit.serve(app);
    expect(await statuses(url, ['/twice', '/twice'])).toEqual([402, 402]);
    expect(kit.eden.requests()).toHaveLength(2);
  });

  test.each<[string, unknown, RegExp]>([
    ['a negative limit', { limitUsd: -1, window: 'day' }, /limitUsd/],
    ['no limit', { window: 'day' }, /limitUsd/],
    ['an unknown window', { limitUsd: 1, window: 'dya' }, /window.*"?'?day/],
    ['a misspelt option', { limitUsd: 1, window: 'day', timezone: 'Europe/Paris' }, /timezone.*timeZone/],
    ['null', null, /budget/],
    ['a number', 5, /budget/],
  ])('with %s is an OptionsError at start', (_what, budget, message) => {
    expect(() => withBudget(budget as never)).toThrow(OptionsError);
    expect(() => withBudget(budget as never)).toThrow(message);
  });
});
