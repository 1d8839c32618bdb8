import express, { type RequestHandler, Router } from 'express';
import request from 'supertest';
import { useKit } from '../test-kit.js';
import { type CostScope, costAware, withBudget } from './index.js';

const kit = useKit();

const ask: RequestHandler = async (req, res) => {
  await kit.chat();
  res.json({ totalUsd: req.costs.totalUsd, totalNanos: req.costs.totalNanos, charges: req.costs.charges.length });
};
const ANSWERED = { totalUsd: 0.01, totalNanos: 10_000_000, charges: 1 };

test('req.costs has the cost when the call returns', async () => {
  const app = express().use(kit.metered()).get('/ask', ask);
  await request(await kit.serve(app))
    .get('/ask')
    .expect(200, ANSWERED);
});

test('req.costs is there before, and at 0', async () => {
  const app = express().use(kit.metered());
  app.get('/', (req, res) => void res.json([req.costs.totalUsd, req.costs.charges, req.costs.labels]));
  await request(await kit.serve(app))
    .get('/')
    .expect(200, [0, [], {}]);
});

describe('a request is in its scope', () => {
  test('after a body reader that loses the async context', async () => {
    const app = express().use(kit.metered());
    app.use((req, _res, next) => {
      req.on('data', () => {});
      req.on('end', next);
    });
    app.post('/ask', ask);
    await request(await kit.serve(app))
      .post('/ask')
      .send('some body')
      .expect(200, ANSWERED);
  });

  test("when another request's end lets it through", async () => {
    const app = express().use(kit.metered());
    const waiting: (() => void)[] = [];
    const free = () => waiting.shift()?.();
    let busy = false;
    // one at a time: the next one goes on in the async context of the one before
    app.use((_req, res, next) => {
      res.once('finish', free);
      if (busy) waiting.push(next);
      else next();
      busy = true;
    });
    app.get('/ask', ask);
    const url = await kit.serve(app);
    const answers = await Promise.all(Array.from({ length: 5 }, () => request(url).get('/ask')));
    expect(answers.map(({ body }) => body)).toEqual(answers.map(() => ANSWERED));
    expect(kit.costLines().map(({ edenai }) => edenai.calls)).toEqual([1, 1, 1, 1, 1]);
  });

  test("in its error middleware, and in a sub-app's handler", async () => {
    const app = express().set('env', 'test').use(kit.metered());
    app.use('/v1', express().get('/ask', ask));
    app.get('/fail', () => {
      throw new Error('a mistake');
    });
    app.use((async (_error, req, res, _next) => {
      await kit.chat();
      res.json(req.costs.totalNanos);
    }) satisfies express.ErrorRequestHandler);
    const url = await kit.serve(app);
    await request(url).get('/v1/ask').expect(200, ANSWERED);
    await request(url).get('/fail').expect(200, '10000000');
  });

  test('of its own, while others run', async () => {
    const app = express().use(kit.metered());
    app.get('/ask/:calls', async (req, res) => {
      await Promise.all(Array.from({ length: Number(req.params.calls) }, () => kit.chat()));
      res.json(req.costs.charges.length);
    });
    const url = await kit.serve(app);
    const calls = [1, 5, 2, 4, 3, 0];
    const answers = await Promise.all(calls.map((count) => request(url).get(`/ask/${count}`)));
    expect(answers.map(({ body }) => body)).toEqual(calls);
  });
});

describe('costAware mounted twice', () => {
  test('is one scope and one line, also when it is the same one', async () => {
    const metered = kit.metered();
    const scopes: CostScope[] = [];
    const see: RequestHandler = (req, _res, next) => {
      scopes.push(req.costs);
      next();
    };
    const app = express().use(metered, see, metered, see).use('/api', Router().use(metered, see).get('/ask', ask));
    await request(await kit.serve(app))
      .get('/api/ask')
      .expect(200, ANSWERED);
    expect(scopes).toEqual([scopes[0], scopes[0], scopes[0]]);
    expect(kit.costLines()).toHaveLength(1);
  });

  test('in two apps of a process is one meter', async () => {
    const [first, second] = [kit.metered(), kit.metered({ labels: () => ({ app: 'second' }) })];
    expect(second.meter).toBe(first.meter);
    const urls = [express().use(first).get('/ask', ask), express().use(second).get('/ask', ask)].map((app) =>
      kit.serve(app),
    );
    for (const url of await Promise.all(urls)) await request(url).get('/ask').expect(200, ANSWERED);
    expect(kit.costLines().map(({ edenai }) => edenai.labels)).toEqual([{}, { app: 'second' }]);
  });

  test('of a meter that the app made is that meter', async () => {
    const { meter } = kit.metered();
    const app = express().use(costAware(meter)).get('/ask', ask);
    await request(await kit.serve(app))
      .get('/ask')
      .expect(200, ANSWERED);
    expect(costAware(meter).meter).toBe(meter);
  });
});

describe('EDEN_COST=off', () => {
  beforeEach(() => {
    process.env.EDEN_COST = 'off';
  });
  afterEach(() => {
    delete process.env.EDEN_COST;
  });

  test('leaves an app as it is without us, whatever it configures', async () => {
    const app = express().use(kit.metered({ budgets: [{ name: 'nothing', limitUsd: 0, window: 'day' }] }));
    const router = Router().use(kit.metered({ budgets: [{ name: 'of-the-router', limitUsd: 0, window: 'day' }] }));
    router.get('/a', withBudget('of-the-router'), withBudget({ limitUsd: 0, window: 'hour' }), ask);
    router.get('/b', withBudget({ limitUsd: 0, window: 'day' }), ask);
    app.use('/api', router);
    const url = await kit.serve(app);
    for (const path of ['/api/a', '/api/b']) {
      await request(url).get(path).expect(200, { totalUsd: 0, totalNanos: 0, charges: 0 });
    }
    expect(kit.lines).toEqual([]);
  });
});
