import express, { type Express, type RequestHandler, Router } from 'express';
import request from 'supertest';
import { useKit } from '../test-kit.js';

const kit = useKit();

const ask: RequestHandler = async (_req, res) => {
  await kit.chat();
  res.send('answered');
};
const pass: RequestHandler = (_req, _res, next) => next();

const APPS: Record<string, [build: (app: Express) => void, path: string, route: string | undefined]> = {
  'a route': [(app) => app.get('/ask', ask), '/ask?secret=1', '/ask'],
  'a route with parameters': [(app) => app.get('/users/:id/:what', ask), '/users/42/secret', '/users/:id/:what'],
  'a route with an optional part': [(app) => app.get('/ask{/:lang}', ask), '/ask/fr', '/ask{/:lang}'],
  'a route with a wildcard': [(app) => app.get('/files/*path', ask), '/files/secret/42', '/files/*path'],
  'a route for every path': [(app) => app.get('/{*any}', ask), '/secret/42', '/{*any}'],
  'a list of routes': [(app) => app.get(['/a/:id', '/b/:id'], ask), '/b/42', '(/a/:id|/b/:id)'],
  'a RegExp': [(app) => app.get(/^\/users\/(\d+)$/, ask), '/users/42', '/^\\/users\\/(\\d+)$/'],
  'the root': [(app) => app.get('/', ask), '/', '/'],
  'app.route()': [(app) => void app.route('/users/:id').all(pass).get(ask), '/users/42', '/users/:id'],
  'a router': [(app) => app.use('/api', Router().get('/ask', ask)), '/api/ask', '/api/ask'],
  'the root of a router': [(app) => app.use('/api', Router().get('/', ask)), '/api', '/api'],
  'a router at a path with parameters': [
    (app) => app.use('/tenants/:id', Router().get('/ask/:what', ask)),
    '/tenants/42/ask/secret',
    '/tenants/:id/ask/:what',
  ],
  'a router whose parameter is like its path': [
    (app) => app.use('/tenants/:id', Router().get('/ask', ask)),
    '/tenants/tenants/ask',
    '/tenants/:id/ask',
  ],
  'a router whose parameter is encoded': [
    (app) => app.use('/tenants/:id', Router().get('/ask', ask)),
    '/tenants/secret%20%2F42/ask',
    '/tenants/:id/ask',
  ],
  'a router after a middleware at the beginning of its path': [
    (app) => app.use('/tenants', pass).use('/tenants/:id', pass, Router().get('/ask', ask)),
    '/tenants/42/ask',
    '/tenants/:id/ask',
  ],
  'a router in a router in a router': [
    (app) => {
      const users = Router({ mergeParams: true }).get('/ask', ask);
      app.use('/tenants/:tenant', Router().use('/users/:user', Router().use(pass).use('/v1/', users)));
    },
    '/tenants/42/users/secret/v1/ask',
    '/tenants/:tenant/users/:user/v1/ask',
  ],
  'a router at several paths': [
    (app) => app.use(['/a/:id', '/b/:id'], Router().get('/ask', ask)),
    '/b/42/ask',
    '(/a/:id|/b/:id)/ask',
  ],
  'a router at a RegExp': [(app) => app.use(/\/t\/[^/]+/, Router().get('/ask', ask)), '/t/42/ask', '/\\/t\\/[^/]+/ask'],
  'a sub-app': [
    (app) => app.use('/v1/:id', express().use('/inner/:what', express().get('/ask', ask))),
    '/v1/42/inner/secret/ask',
    '/v1/:id/inner/:what/ask',
  ],
  'a middleware that answers': [(app) => app.use('/ask/:id', ask), '/ask/42', '/ask/:id'],
  'a middleware without a path that answers': [(app) => app.use(ask), '/secret/42', undefined],
  'a parameter that app.param() replaces': [
    (app) => {
      app.param('id', (req, _res, next) => {
        (req.params as Record<string, unknown>).id = { name: 'secret' };
        next();
      });
      app.use('/tenants/:id', Router().get('/ask', ask));
    },
    '/tenants/42/ask',
    '/tenants/:id/ask',
  ],
  'the second of two routes': [(app) => app.get('/:page', pass).get('/ask', ask), '/ask', '/ask'],
  'a route behind a middleware that rewrites the URL': [
    (app) => {
      app.use((req, _res, next) => {
        req.url = '/inner/ask';
        next();
      });
      app.use('/inner', Router().get('/ask', ask));
    },
    '/secret/42',
    '/inner/ask',
  ],
};

test.each(Object.keys(APPS))('%s is logged as a template, never as the URL', async (what) => {
  const [build, path, route] = APPS[what] as (typeof APPS)[string];
  const app = express().use(kit.metered());
  build(app);
  const url = await kit.serve(app);
  await request(url).get(path).expect(200);
  expect(kit.costLines().map(({ req }) => req.route)).toEqual([route]);
  expect(JSON.stringify(kit.lines)).not.toMatch(/secret|\/42/);
});

test.each(Object.keys(APPS))('%s is logged the same when it fails', async (what) => {
  const [build, path, route] = APPS[what] as (typeof APPS)[string];
  const app = express().set('env', 'test').use(kit.metered());
  build(app);
  const url = await kit.serve(app);
  kit.eden.script({ status: 402 });
  await request(url).get(path).expect(402);
  expect(kit.costLines().map(({ req }) => req.route)).toEqual([route]);
});

test('of one route, costAware knows the path as well', async () => {
  const app = express().get('/users/:id', kit.metered(), ask);
  await request(await kit.serve(app))
    .get('/users/42')
    .expect(200);
  expect(kit.costLines()[0]?.req.route).toBe('/users/:id');
});
