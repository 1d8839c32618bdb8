import { Router } from 'express';
import { testRoutes, withReplacedParam } from '../route-tests.js';

testRoutes((ask) => ({
  'a route with an optional part': [(app) => app.get('/ask{/:lang}', ask), '/ask/fr', '/ask{/:lang}'],
  'a route with a wildcard': [(app) => app.get('/files/*path', ask), '/files/secret/42', '/files/*path'],
  'a route for every path': [(app) => app.get('/{*any}', ask), '/secret/42', '/{*any}'],
  'a router at several paths': [
    (app) => app.use(['/a/:id', '/b/:id'], Router().get('/ask', ask)),
    '/b/42/ask',
    '(/a/:id|/b/:id)/ask',
  ],
  'a router at a RegExp': [(app) => app.use(/\/t\/[^/]+/, Router().get('/ask', ask)), '/t/42/ask', '/\\/t\\/[^/]+/ask'],
  'a parameter that app.param() replaces': [withReplacedParam(ask), '/tenants/42/ask', '/tenants/:id/ask'],
}));
