import { withBudget } from '@eden-cost/express';
import express from 'express';
import { CHAT, postInit, readAnswer } from '../../support/calls.js';
import { useCostAware } from '../../support/cost-aware.js';
import { useServers } from '../../support/serve.js';
import { useStandIn } from '../../support/stand-in.js';
import { turnsUntil } from '../../support/turns.js';

const standIn = useStandIn();
const kit = useCostAware(() => standIn.eden);
const serve = useServers();
const chat = async (costUsd: number) =>
  readAnswer(await fetch(`${standIn.eden.baseUrl}/chat/completions`, postInit(CHAT, { reply: { costUsd } })));

const ask: express.RequestHandler = async (req, res) => {
  await chat(0.25);
  res.json({ totalUsd: req.costs.totalUsd, labels: req.costs.labels });
};
const get = async (url: string, path: string) => {
  const response = await fetch(url + path);
  return response.ok ? response.json() : response.status;
};

const PLACES: [string, () => express.Router][] = [
  ['a router', () => express.Router()],
  ['a sub-app', () => express() as express.Router],
];

describe.each(PLACES)('%s at /x/:tenant, and another in it at /y', (_what, make) => {
  const nested = (inner: (one: express.Router) => unknown) => {
    const outer = make();
    const nest = make();
    inner(nest);
    outer.use('/y', nest);
    return express().use(kit.costAware(), express.Router().use('/x/:tenant', outer));
  };

  test('is in the scope of the request, with the whole template in its line', async () => {
    const { url } = await serve(nested((one) => one.get('/ask/:id', ask)));
    expect(await get(url, '/x/acme/y/ask/7')).toMatchObject({ totalUsd: 0.25 });
    await turnsUntil(() => kit.costLines().length > 0);
    expect(kit.costLines()).toMatchObject([{ req: { route: '/x/:tenant/y/ask/:id' }, edenai: { calls: 1 } }]);
  });

  test('may have a costAware of its own: one scope, one line, the labels and budgets of both', async () => {
    const limit = { limitUsd: 0.5, window: 'day' } as const;
    const { url } = await serve(
      nested((one) => {
        one.use(
          kit.costAware({ labels: () => ({ feature: 'ask' }), budgets: [{ name: 'ask', ...limit, by: 'feature' }] }),
        );
        one.get('/ask', ask);
        one.get('/named', withBudget('ask'), ask);
      }),
    );
    expect(await get(url, '/x/acme/y/ask')).toEqual({ totalUsd: 0.25, labels: { feature: 'ask' } });
    expect(await get(url, '/x/acme/y/named')).toMatchObject({ totalUsd: 0.25 });
    expect([await get(url, '/x/acme/y/ask'), await get(url, '/x/acme/y/named')]).toEqual([402, 402]);
    await turnsUntil(() => kit.costLines().length >= 4);
    expect(kit.costLines().map(({ edenai }) => [edenai.calls, edenai.deniedCalls])).toEqual([
      [1, 0],
      [1, 0],
      [0, 1],
      [0, 1],
    ]);
  });

  test('hands on to what stands behind it, and to the error middleware, in the same scope', async () => {
    const app = nested((one) =>
      one.get('/ask', async (_req, _res, next) => {
        await chat(0.25);
        next(new RangeError('no'));
      }),
    );
    app.use(async (_error: unknown, req: express.Request, res: express.Response, _next: express.NextFunction) => {
      await chat(0.125);
      res.json(req.costs.totalUsd);
    });
    const { url } = await serve(app);
    expect(await get(url, '/x/acme/y/ask')).toBe(0.375);
    await turnsUntil(() => kit.costLines().length > 0);
    expect(kit.costLines()).toMatchObject([{ edenai: { calls: 2, costNanos: 375_000_000 } }]);
  });
});

test.each(PLACES)(
  '%s may be the only place of costAware: what is outside of it is not in a scope',
  async (_what, make) => {
    const inside = make();
    inside.use(kit.costAware({ budgets: [{ name: 'small', limitUsd: 0.25, window: 'day' }] }));
    inside.get('/ask', ask);
    const app = express().use('/x', inside);
    app.get('/y/ask', async (req, res) => {
      await chat(0);
      res.json(typeof req.costs);
    });
    const { url } = await serve(app);
    expect([await get(url, '/x/ask'), await get(url, '/x/ask')]).toMatchObject([{ totalUsd: 0.25 }, 402]);
    expect(await get(url, '/y/ask')).toBe('undefined');
    await turnsUntil(() => kit.costLines().length >= 2);
    expect(kit.costLines().map(({ req }) => req.route)).toEqual(['/x/ask', '/x/ask']);
  },
);
