import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Meter } from '@eden-cost/core';
import { bodyParser } from '@koa/bodyparser';
import express from 'express';
import Koa from 'koa';
import { JOB, SETTLED_NANOS } from '../support/jobs.js';
import { hear } from '../support/meter.js';
import { ROOT } from '../support/root.js';
import { useServers } from '../support/serve.js';
import { useWebhookEden } from '../support/webhook-eden.js';

const kit = useWebhookEden();
const serve = useServers();

const express4 = createRequire(join(ROOT, 'test/majors/express-4/package.json'))('express') as typeof express;

const onExpress = (express: typeof express4) => (meter: Meter) => {
  const app = express().set('env', 'test');
  app.post('/edenai', express.raw({ type: '*/*', limit: '20mb' }), async (req, res, next) => {
    try {
      const job = await meter.jobs.webhook(req.body as Buffer, req.headers);
      res.sendStatus(job?.settled === false ? 503 : 204);
    } catch (error) {
      next(error);
    }
  });
  return app;
};

/** As docs/jobs.md writes them. */
const APPS: Record<string, (meter: Meter) => Parameters<typeof serve>[0]> = {
  'Express 4': onExpress(express4),
  'Express 5': onExpress(express),
  Koa(meter) {
    const app = new Koa();
    app.silent = true;
    app.use(bodyParser({ jsonLimit: '20mb' }));
    app.use(async (ctx) => {
      const job = await meter.jobs.webhook(ctx.request.rawBody, ctx.headers);
      ctx.status = job?.settled === false ? 503 : 204;
    });
    return app.callback();
  },
};

describe.each(Object.entries(APPS))('on %s', (_name, appOf) => {
  const start = async () => {
    const meter = kit.meter();
    const { url } = await serve(appOf(meter));
    return { heard: hear(meter), id: await kit.startJob(JOB, { pollsNeeded: 9 }), url: `${url}/edenai` };
  };

  it('a webhook settles its job', async () => {
    const { heard, id, url } = await start();
    expect(await kit.eden.sendWebhook(id, url)).toEqual([204]);
    expect(heard.charge).toEqual([expect.objectContaining({ amount: SETTLED_NANOS })]);
  });

  it('a webhook comes again while its job goes on, as long as Eden AI tries', async () => {
    const { heard, id, url } = await start();
    kit.eden.script({ match: { path: `/async/${id}` }, body: { public_id: id, status: 'processing' } });
    expect(await kit.eden.sendWebhook(id, url)).toEqual([503, 204]);
    expect(heard.charge).toHaveLength(1);
  });

  it('takes results of more than 100 kB, and answers 401 to a forgery', async () => {
    const { id, url } = await start();
    const { headers } = kit.eden.webhook(id);
    const body = JSON.stringify({ job_id: id, output: 'x'.repeat(1_500_000) });
    expect((await fetch(url, { method: 'POST', headers, body })).status).toBe(401);
  });
});

it('on Express behind express.json(), a webhook is answered 500 with what to do', async () => {
  const meter = kit.meter();
  const app = express();
  const errors: unknown[] = [];
  app.use(express.json());
  app.post('/edenai', express.raw({ type: '*/*' }), async (req, res) => {
    await meter.jobs.webhook(req.body as Buffer, req.headers).catch((error) => errors.push(error));
    res.sendStatus(500);
  });
  const { url } = await serve(app);
  await kit.eden.sendWebhook(await kit.startJob(JOB, { pollsNeeded: 9 }), `${url}/edenai`);
  expect(errors[0]).toMatchObject({ code: 'ERR_COST_OPTIONS', message: expect.stringContaining('before any other') });
});
