import express, { type Express, type RequestHandler, Router } from 'express';
import request from 'supertest';
import { useKit } from './test-kit.js';

/** How an app is built, what the client asks for, and the template of it that is logged. */
export type RouteApps = Record<string, [build: (app: Express) => void, path: string, route: string | undefined]>;

export const pass: RequestHandler = (_req, _res, next) => next();

/** A router whose parameter is no longer what stands in the URL. */
export const withReplacedParam = (ask: RequestHandler) => (app: Express) => {
  app.param('id', (req, _res, next) => {
    (req.params as Record<string, unknown>).id = { name: 'secret' };
    next();
  });
  app.use('/tenants/:id', Router().get('/ask', ask));
};

/** The tests of apps each of which answers a request with one chat. The paths have `secret` and `42` in them. */
export function testRoutes(apps: (ask: RequestHandler) => RouteApps): void {
  const kit = useKit();
  const APPS = apps(async (_req, res) => {
    await kit.chat();
    res.send('answered');
  });

  test.each(Object.keys(APPS))('%s is logged as a template, never as the URL', async (what) => {
    const [build, path, route] = APPS[what] as RouteApps[string];
    const app = express().use(kit.metered());
    build(app);
    const url = await kit.serve(app);
    await request(url).get(path).expect(200);
    expect(kit.costLines().map(({ req }) => req.route)).toEqual([route]);
    expect(JSON.stringify(kit.lines)).not.toMatch(/secret|\/42/);
  });

  test.each(Object.keys(APPS))('%s is logged the same when it fails', async (what) => {
    const [build, path, route] = APPS[what] as RouteApps[string];
    const app = express().set('env', 'test').use(kit.metered());
    build(app);
    const url = await kit.serve(app);
    kit.eden.script({ status: 402 });
    await request(url).get(path).expect(402);
    expect(kit.costLines().map(({ req }) => req.route)).toEqual([route]);
  });
}
