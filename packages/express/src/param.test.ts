import express, { type ErrorRequestHandler, type Express, Router } from 'express';
import request from 'supertest';
import { useKit } from '../test-kit.js';
import { CreditsExhaustedError, costErrors } from './index.js';

const kit = useKit();

const PLACES: Record<string, (app: Express) => void> = {
  'an app': (app) => {
    app.param('id', (_req, _res, next) => void kit.chat().then(() => next(), next));
    app.get('/tenants/:id', (_req, res) => void res.send('answered'));
  },
  'a router': (app) => {
    const router = Router();
    router.param('id', (_req, _res, next) => void kit.chat().then(() => next(), next));
    app.use(router.get('/tenants/:id', (_req, res) => void res.send('answered')));
  },
};

const denied = (place: string) => {
  const app = express()
    .set('env', 'test')
    .use(kit.metered({ status: { credits: 503 } }));
  PLACES[place]?.(app);
  kit.eden.script({ status: 402, headers: { 'set-cookie': 'upstream=1', 'x-account-balance': '17' } });
  return app;
};

describe.each(Object.keys(PLACES))('a denial in a param() of %s', (place) => {
  test("is on Express's own error page what it is anywhere: its status, and nothing of Eden AI's", async () => {
    const { status, headers, text } = await request(await kit.serve(denied(place))).get('/tenants/42');
    expect(status).toBe(503);
    expect(headers).not.toHaveProperty('set-cookie');
    expect(headers).not.toHaveProperty('x-account-balance');
    expect(text).not.toContain('balance');
  });

  test('is a typed error in error middleware, and a problem by costErrors()', async () => {
    const errors: unknown[] = [];
    const remember: ErrorRequestHandler = (error, _req, _res, next) => {
      errors.push(error);
      next(error);
    };
    const app = denied(place).use(remember).use(costErrors());
    await request(await kit.serve(app))
      .get('/tenants/42')
      .expect(503)
      .expect('content-type', /^application\/problem\+json/);
    expect(errors).toEqual([expect.any(CreditsExhaustedError)]);
  });
});

test('an error of an app’s own in a param() stays what it is', async () => {
  const app = express().set('env', 'test').use(kit.metered());
  app.param('id', (_req, _res, next) => next(Object.assign(new Error('no such tenant'), { status: 404 })));
  app.get('/tenants/:id', (_req, res) => void res.send('answered'));
  const { status, text } = await request(await kit.serve(app)).get('/tenants/42');
  expect([status, text]).toEqual([404, expect.stringContaining('no such tenant')]);
});

test('closing the meter gives the method of the router back', async () => {
  const handle = () => Reflect.get(Router(), 'handle');
  const original = handle();
  const { meter } = kit.metered();
  expect(handle()).not.toBe(original);
  expect(await meter.close()).toMatchObject({ restored: true });
  expect(handle()).toBe(original);
});
