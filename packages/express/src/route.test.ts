import express, { Router } from 'express';
import request from 'supertest';
import { pass, testRoutes } from '../route-tests.js';
import { useKit } from '../test-kit.js';

testRoutes((ask) => ({
  'a route': [(app) => app.get('/ask', ask), '/ask?secret=1', '/ask'],
  'a route with parameters': [(app) => app.get('/users/:id/:what', ask), '/users/42/secret', '/users/:id/:what'],
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
  'a sub-app': [
    (app) => app.use('/v1/:id', express().use('/inner/:what', express().get('/ask', ask))),
    '/v1/42/inner/secret/ask',
    '/v1/:id/inner/:what/ask',
  ],
  'a middleware that answers': [(app) => app.use('/ask/:id', ask), '/ask/42', '/ask/:id'],
  'a middleware without a path that answers': [(app) => app.use(ask), '/secret/42', undefined],
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
}));

describe('costAware() of one route', () => {
  const kit = useKit();

  test('knows the path as well', async () => {
    const app = express().get('/users/:id', kit.metered(), async (_req, res) => {
      await kit.chat();
      res.send('answered');
    });
    await request(await kit.serve(app))
      .get('/users/42')
      .expect(200);
    expect(kit.costLines()[0]?.req.route).toBe('/users/:id');
  });
});
