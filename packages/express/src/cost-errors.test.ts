import { once } from 'node:events';
import { createServer, request as httpRequest } from 'node:http';
import type { Ledger } from '@eden-cost/core';
import express, { type ErrorRequestHandler, type Request, type RequestHandler, type Response, Router } from 'express';
import request from 'supertest';
import { useKit } from '../test-kit.js';
import { CreditsExhaustedError, costErrors, withBudget } from './index.js';

const kit = useKit();

const ask: RequestHandler = async (_req, res) => {
  await kit.chat();
  res.send('answered');
};
const nothing = { name: 'nothing', limitUsd: 0, window: 'day' } as const;
const denying = () =>
  express()
    .set('env', 'test')
    .use(kit.metered({ budgets: [nothing] }));

const PROBLEM = {
  type: 'urn:eden-cost:budget-exceeded',
  title: 'Payment Required',
  status: 402,
  code: 'ERR_COST_BUDGET_EXCEEDED',
};

test('a denial is a problem, and nothing is in it but its kind', async () => {
  const app = denying().get('/ask', ask).use(costErrors());
  const { status, headers, text } = await request(await kit.serve(app)).get('/ask');
  expect(status).toBe(402);
  expect(headers).toMatchObject({
    'content-type': 'application/problem+json; charset=utf-8',
    'cache-control': 'no-store',
    'retry-after': expect.stringMatching(/^\d+$/),
  });
  expect(JSON.parse(text)).toEqual(PROBLEM);
});

test.each([
  ['application/problem+json', 'json'],
  ['application/json', 'json'],
  ['*/*', 'json'],
  ['text/html, application/xhtml+xml, */*;q=0.8', 'json'],
  ['text/html', 'json'],
  ['text/plain', 'text'],
  ['text/plain, application/json;q=0.5', 'text'],
  ['text/*', 'text'],
])('for Accept: %s it is %s', async (accept, kind) => {
  const app = denying().get('/ask', ask).use(costErrors());
  const { headers, text } = await request(await kit.serve(app))
    .get('/ask')
    .set('accept', accept);
  if (kind === 'text') {
    expect([headers['content-type'], text]).toEqual(['text/plain; charset=utf-8', 'Payment Required']);
  } else {
    expect(JSON.parse(text)).toEqual(PROBLEM);
  }
});

test('what a handler asks a ledger that cannot be asked is a problem as well', async () => {
  const down = () => Promise.reject(new Error('connect ECONNREFUSED'));
  const asked = { reserve: down, settle: down, release: down, extend: down, balances: down, topUp: down };
  const ledger: Ledger = { name: 'down', shared: true, durable: true, ...asked };
  const left: RequestHandler = async (req, res) => {
    res.json(await req.costs.remaining());
  };
  const app = express()
    .use(kit.metered({ budgets: [nothing], ledger }))
    .get('/left', left)
    .use(costErrors());
  const { status, text } = await request(await kit.serve(app)).get('/left');
  expect(status).toBe(503);
  expect(JSON.parse(text)).toMatchObject({
    type: 'urn:eden-cost:ledger-unavailable',
    code: 'ERR_COST_LEDGER_UNAVAILABLE',
  });
});

test('a HEAD has the same head and no body', async () => {
  const app = denying().get('/ask', ask).use(costErrors());
  const { status, headers, text } = await request(await kit.serve(app)).head('/ask');
  expect([status, headers['content-type'], text]).toEqual([402, 'application/problem+json; charset=utf-8', undefined]);
});

test('it may stand in a router, and answers what withBudget() denies', async () => {
  const app = denying().use('/api', Router().get('/ask', withBudget(), ask).use(costErrors()));
  await request(await kit.serve(app))
    .get('/api/ask')
    .expect(402, PROBLEM);
});

test('it answers with the status that costAware was given', async () => {
  const app = express()
    .set('env', 'test')
    .use(kit.metered({ status: { credits: 503 } }));
  app.get('/ask', ask).use(costErrors());
  kit.eden.script({ status: 402 });
  await request(await kit.serve(app))
    .get('/ask')
    .expect(503, {
      type: 'urn:eden-cost:credits-exhausted',
      title: 'Service Unavailable',
      status: 503,
      code: 'ERR_COST_CREDITS_EXHAUSTED',
    });
});

test('it takes away what the handler had said of the body that it did not send', async () => {
  const app = denying();
  app.get('/file', (_req, res, next) => {
    res.set({
      'content-encoding': 'gzip',
      'content-disposition': 'attachment; filename="answer.pdf"',
      'content-language': 'fr',
      'content-length': '12345',
      'cache-control': 'public, max-age=3600',
      'last-modified': new Date(0).toUTCString(),
      'x-app': 'kept',
    });
    kit.chat().catch(next);
  });
  app.use(costErrors());
  const { headers, body } = await request(await kit.serve(app))
    .get('/file')
    .expect(402);
  expect(body).toEqual(PROBLEM);
  for (const gone of ['content-encoding', 'content-disposition', 'content-language', 'last-modified']) {
    expect(headers).not.toHaveProperty(gone);
  }
  expect([headers['cache-control'], headers['x-app']]).toEqual(['no-store', 'kept']);
});

test('it passes on every other error, as it is', async () => {
  const mistake = Object.assign(new Error('Your card was declined'), { statusCode: 402 });
  const seen: unknown[] = [];
  const remember: ErrorRequestHandler = (error, _req, res, _next) => {
    seen.push(error);
    res.status(418).end();
  };
  const app = denying().get('/pay', () => Promise.reject(mistake));
  await request(await kit.serve(app.use(costErrors(), remember)))
    .get('/pay')
    .expect(418);
  expect(seen).toEqual([mistake]);
  expect(seen[0]).toBe(mistake);
});

test('it passes a denial on, typed, when the response has begun', async () => {
  const seen: unknown[] = [];
  const remember: ErrorRequestHandler = (error, _req, _res, next) => {
    seen.push(error);
    next(error);
  };
  const app = express().set('env', 'test').use(kit.metered());
  app.get('/stream', async (_req, res) => {
    res.write('begun');
    await kit.chat();
  });
  app.use(costErrors(), remember);
  kit.eden.script({ status: 402 });
  const sent = httpRequest(`${await kit.serve(app)}/stream`).end();
  const [response] = await once(sent, 'response');
  let text = '';
  response.on('data', (chunk: Buffer) => {
    text += chunk;
  });
  const [error] = await once(response, 'error');
  expect([response.statusCode, text, error.code]).toEqual([200, 'begun', 'ECONNRESET']);
  expect(seen).toEqual([expect.any(CreditsExhaustedError)]);
});

test.each([
  ['*/*', 'application/problem+json', JSON.stringify(PROBLEM)],
  ['text/plain', 'text/plain; charset=utf-8', 'Payment Required'],
])('it answers in a router that serves without an app, for Accept: %s', async (accept, type, body) => {
  const router = Router()
    .use(kit.metered({ budgets: [nothing] }))
    .get('/ask', (_req, _res, next) => void kit.chat().catch(next))
    .use(costErrors());
  const server = createServer((req, res) =>
    router(req as Request, res as Response, (error: unknown) => res.writeHead(500).end(String(error))),
  );
  const { status, headers, text } = await request(server).get('/ask').set('accept', accept);
  expect([status, headers['content-type'], headers['cache-control'], text]).toEqual([
    402,
    expect.stringContaining(type),
    'no-store',
    body,
  ]);
});

test('it translates by itself where nothing else does', async () => {
  const { meter } = kit.metered({ budgets: [nothing] });
  const app = express().set('env', 'test');
  // no costAware in this app: the request has no scope of its own
  app.get('/ask', () => meter.run({}, () => kit.chat()));
  app.use(costErrors());
  await request(await kit.serve(app))
    .get('/ask')
    .expect(402, PROBLEM);
});
