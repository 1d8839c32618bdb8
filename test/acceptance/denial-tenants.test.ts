import type { LabelValue } from '@eden-cost/express';
import express, { type Express, type Request, Router } from 'express';
import { CHAT } from '../support/calls.js';
import { useCostAware } from '../support/cost-aware.js';
import { useQuietExpress } from '../support/quiet-express.js';
import { rawRequest } from '../support/raw-http.js';
import { useServers } from '../support/serve.js';
import { useStandIn } from '../support/stand-in.js';

const standIn = useStandIn({ costUsd: 0.01 });
const serve = useServers();
const kit = useCostAware(() => standIn.eden);
useQuietExpress();

/** Room for one call of each tenant. */
const BUDGETS = [{ name: 'per-tenant', limitUsd: 0.01, window: 'day', by: 'tenant' } as const];

/** An app whose authentication, mounted after costAware, knows the tenant of each user. */
async function serveTenants(tenants: Record<string, LabelValue>) {
  const tenantOf = new WeakMap<Request, LabelValue>();
  const app = express().set('env', 'production');
  app.use(kit.costAware({ budgets: BUDGETS, labels: (req) => ({ tenant: tenantOf.get(req) }) }));
  app.use((req, _res, next) => {
    tenantOf.set(req, tenants[String(req.query.user)]);
    next();
  });
  app.get('/ask', async (req, res) => {
    await kit.openai().chat.completions.create(CHAT);
    res.json(req.costs.labels);
  });
  const { url } = await serve(app);
  return (user: string) => rawRequest(`${url}/ask?user=${encodeURIComponent(user)}`);
}

test('a tenant whose budget is spent is denied, and the others are served', async () => {
  const ask = await serveTenants({ ann: 'acme', amy: 'acme', ben: 'globex', eve: 'initech' });
  const statuses = [];
  for (const user of ['ann', 'ann', 'ben', 'amy', 'eve', 'ben']) statuses.push((await ask(user)).status);
  expect(statuses).toEqual([200, 402, 200, 402, 200, 402]);
  expect(standIn.eden.requests()).toHaveLength(3);
});

test('many requests of many tenants at once draw on their own budgets only', async () => {
  const users = Array.from({ length: 20 }, (_, index) => `user-${index}`);
  const ask = await serveTenants(Object.fromEntries(users.map((user) => [user, `tenant of ${user}`])));
  const answers = await Promise.all(
    [...users, ...users, ...users].map(async (user) => ({ user, ...(await ask(user)) })),
  );
  for (const user of users) {
    const statuses = answers.filter((answer) => answer.user === user).map(({ status }) => status);
    expect(statuses.sort()).toEqual([200, 402, 402]);
  }
  expect(standIn.eden.requests()).toHaveLength(20);
});

const LONG = 'x'.repeat(10_240);

describe('a tenant id', () => {
  test.each<[string, LabelValue, string]>([
    ['that is a number', 42, '42'],
    ['that is 0', 0, '0'],
    ['that is false', false, 'false'],
    ['that is __proto__', '__proto__', '__proto__'],
    ['that is constructor', 'constructor', 'constructor'],
    ['that is 10 kB long', LONG, LONG],
    ['with line breaks', 'a\r\nset-cookie: b', 'a\r\nset-cookie: b'],
    ['like a separator of keys', 'a,b:c=~overflow', 'a,b:c=~overflow'],
    ['like the name of the group without a label', '~unlabelled', '~unlabelled'],
    ['outside of ASCII', 'été 🦜', 'été 🦜'],
  ])('%s is a tenant like any other', async (_what, id, label) => {
    const ask = await serveTenants({ odd: id, plain: 'acme', nobody: undefined });
    const first = await ask('odd');
    expect([first.status, JSON.parse(Buffer.from(first.body, 'latin1').toString())]).toEqual([200, { tenant: label }]);
    const denied = await ask('odd');
    expect(denied.status).toBe(402);
    expect(denied.body).not.toContain(label);
    expect(denied.headers).not.toHaveProperty('set-cookie');
    expect([(await ask('plain')).status, (await ask('nobody')).status]).toEqual([200, 200]);
    expect(kit.costLines()[0]?.edenai.labels).toEqual(Object.fromEntries([['tenant', label]]));
  });

  test('is the same tenant as a number and as a text', async () => {
    const ask = await serveTenants({ one: 42, two: '42' });
    expect([(await ask('one')).status, (await ask('two')).status]).toEqual([200, 402]);
  });

  test('that shares its first 10 kB with another is another tenant', async () => {
    const ask = await serveTenants({ one: `${LONG}1`, two: `${LONG}2` });
    expect([(await ask('one')).status, (await ask('two')).status]).toEqual([200, 200]);
  });

  test.each<[string, LabelValue]>([
    ['empty', ''],
    ['null', null],
    ['undefined', undefined],
  ])('that is %s is none: all of those share one account', async (_what, id) => {
    const ask = await serveTenants({ one: id, two: undefined, plain: 'acme' });
    expect([(await ask('one')).status, (await ask('two')).status, (await ask('plain')).status]).toEqual([
      200, 402, 200,
    ]);
    expect(kit.costLines()[0]?.edenai.labels).toEqual({});
  });
});

describe('labels', () => {
  async function ask(app: Express, path = '/ask') {
    app.get(/ask$/, async (_req, res) => {
      await kit.openai().chat.completions.create(CHAT);
      res.send('answered');
    });
    const { url } = await serve(app);
    return rawRequest(url + path);
  }

  test('of a function that throws are missing, and the request goes on', async () => {
    const app = express().use(
      kit.costAware({
        budgets: BUDGETS,
        labels: (req) => {
          throw new Error(`no session in ${req.url}`);
        },
      }),
    );
    expect((await ask(app, '/ask?secret=1')).status).toBe(200);
    expect(kit.costLines()).toMatchObject([{ edenai: { calls: 1, labels: {} } }]);
    expect(kit.lines.filter(({ level }) => level > 30)).toContainEqual({
      level: 40,
      msg: 'edenai cost meter: The labels function failed: its labels are missing',
      edenai: expect.objectContaining({ problem: 'labels', count: 1, cause: { name: 'Error', code: undefined } }),
    });
    expect(JSON.stringify(kit.lines)).not.toContain('secret');
  });

  test.each<[string, unknown, string]>([
    ['a promise', Promise.resolve({ tenant: 'acme' }), 'labels() must answer at once, and returned a promise'],
    ['a text', 'acme', "labels() must return an object, as { tenant: 'acme' }, and returned a string"],
    ['a number', 42, "labels() must return an object, as { tenant: 'acme' }, and returned a number"],
    ['a list', ['acme'], "labels() must return an object, as { tenant: 'acme' }, and returned a list"],
    [
      'a Map',
      new Map([['tenant', 'acme']]),
      "labels() must return an object, as { tenant: 'acme' }, and returned a Map",
    ],
    ['an object for a label', { tenant: {} }, 'A label must be a text, a number or a boolean'],
  ])('of a function that returns %s are missing, and the line says why', async (_what, returned, why) => {
    const app = express().use(kit.costAware({ budgets: BUDGETS, labels: () => returned as Record<string, string> }));
    expect((await ask(app)).status).toBe(200);
    expect(kit.costLines()).toMatchObject([{ edenai: { calls: 1, labels: {} } }]);
    expect(kit.lines.map(({ msg }) => msg)).toContain(`edenai cost meter: ${why}: its labels are missing`);
  });

  test('of a function that throws until somebody is logged in are read when they are there', async () => {
    let user: { tenant: string } | undefined;
    const app = express().use(kit.costAware({ labels: () => ({ tenant: (user as { tenant: string }).tenant }) }));
    app.use((_req, _res, next) => {
      user = { tenant: 'acme' };
      next();
    });
    expect((await ask(app)).status).toBe(200);
    expect(kit.costLines()).toMatchObject([{ edenai: { labels: { tenant: 'acme' } } }]);
  });

  test('named __proto__ are labels', async () => {
    const app = express().use(kit.costAware({ labels: () => JSON.parse('{"__proto__":"odd","tenant":"acme"}') }));
    expect((await ask(app)).status).toBe(200);
    expect(JSON.stringify(kit.costLines()[0]?.edenai.labels)).toBe('{"__proto__":"odd","tenant":"acme"}');
    expect(({} as { tenant?: string }).tenant).toBeUndefined();
  });

  test('and budgets of the app and of a router apply together, in one scope and one line', async () => {
    const app = express().set('env', 'production');
    app.use(kit.costAware({ labels: () => ({ tenant: 'acme', from: 'app' }), budgets: BUDGETS }));
    const router = Router().use(
      kit.costAware({
        labels: () => ({ feature: 'summary', from: 'router' }),
        budgets: [{ name: 'per-feature', limitUsd: 0.02, window: 'day', by: 'feature' }],
      }),
    );
    const scopes = new Set<string>();
    router.get('/ask', async (req, res) => {
      scopes.add(req.costs.id);
      await kit.openai().chat.completions.create(CHAT);
      res.json(req.costs.charges[0]?.budgets);
    });
    app.use('/summaries', router);
    const { url } = await serve(app);
    const answers = [await rawRequest(`${url}/summaries/ask`), await rawRequest(`${url}/summaries/ask`)];
    expect(answers.map(({ status }) => status)).toEqual([200, 402]);
    expect(JSON.parse(answers[0]?.body ?? '')).toEqual(['per-tenant', 'per-feature']);
    expect(scopes.size).toBe(2);
    expect(kit.costLines()).toMatchObject([
      { req: { route: '/summaries/ask' }, edenai: { labels: { tenant: 'acme', from: 'app', feature: 'summary' } } },
      { req: { route: '/summaries/ask' }, edenai: { deniedCalls: 1 } },
    ]);
  });

  test("a router's budget does not hold back the rest of the app", async () => {
    const app = express().set('env', 'production').use(kit.costAware());
    const budgets = [{ name: 'nothing', limitUsd: 0, window: 'day' } as const];
    app.use('/paid', kit.costAware({ budgets }));
    app.get(['/paid/ask', '/ask'], async (_req, res) => {
      await kit.openai().chat.completions.create(CHAT);
      res.send('answered');
    });
    const { url } = await serve(app);
    expect([(await rawRequest(`${url}/paid/ask`)).status, (await rawRequest(`${url}/ask`)).status]).toEqual([402, 200]);
  });
});
