import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type EdenStandIn, type ReplyOptions, startEdenStandIn } from '@eden-cost/testing';
import { type AppOptions, createApp } from './app.js';

let eden: EdenStandIn;
const lines: Record<string, unknown>[] = [];
const stops: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  eden = await startEdenStandIn();
});

afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
  lines.length = 0;
  eden.reset();
});

afterAll(() => eden.close());

/** How the next chats are answered. */
const chat = (...replies: ReplyOptions[]) =>
  eden.script(replies.map((reply) => ({ ...reply, match: { path: '/chat/completions' } })));

async function start(cost?: AppOptions['cost']) {
  const logger = (line: object) => void lines.push({ ...line });
  const { app, meter } = createApp({ baseUrl: eden.baseUrl, apiKey: 'test-key', cost: { logger, ...cost } });
  stops.push(() => meter.close());
  const server = app.listen(0);
  await once(server, 'listening');
  stops.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return async (path: string, user: string) => {
    const response = await fetch(url + path, { headers: { 'x-user': user } });
    const text = await response.text();
    const type = response.headers.get('content-type') ?? '';
    return { status: response.status, type, body: type.includes('json') ? JSON.parse(text) : text };
  };
}

test('answers with what the request has cost', async () => {
  const get = await start();
  chat({ costUsd: 0.01 }, { costUsd: 0.02 });
  const { body } = await get('/ask?question=why&question=how', 'ann');
  expect(body).toEqual({ texts: [expect.any(String), expect.any(String)], costUsd: 0.03 });
  expect(lines.at(-1)).toMatchObject({
    req: { method: 'GET', route: '/ask' },
    edenai: { costNanos: 30_000_000, calls: 2, labels: { tenant: 'acme' } },
  });
});

test('answers 402 to the tenant whose day is spent, and goes on for the other', async () => {
  const get = await start();
  chat({ costUsd: 5 });
  expect((await get('/ask?question=once', 'ann')).status).toBe(200);
  expect(await get('/ask?question=again', 'ann')).toEqual({
    status: 402,
    type: 'application/problem+json',
    body: {
      type: 'urn:eden-cost:budget-exceeded',
      title: 'Payment Required',
      status: 402,
      code: 'ERR_COST_BUDGET_EXCEEDED',
    },
  });
  expect((await get('/stream?question=again', 'ann')).status).toBe(402);
  expect((await get('/ask?question=mine', 'ben')).status).toBe(200);
});

test('ends a request that has used up its own budget', async () => {
  const get = await start();
  chat({ costUsd: 0.13 }, { costUsd: 0.13 }, { costUsd: 0.13 });
  expect((await get('/ask?question=one&question=two&question=three', 'ann')).status).toBe(402);
  expect(eden.books().totalUsd).toBe(0.26);
});

test('streams the answer on, and ends with its cost', async () => {
  const get = await start();
  chat({ text: 'Because.', costUsd: '0.0000123' });
  const { type, body } = await get('/stream?question=why', 'ben');
  expect(type).toMatch(/^text\/event-stream/);
  expect(body.endsWith('event: cost\ndata: {"costUsd":0.0000123}\n\n')).toBe(true);
});

test("tells a tenant what is left of the day, and answers Eden AI's 402 without what Eden AI said", async () => {
  const get = await start();
  chat({ costUsd: 1.25 }, { status: 402, errorShape: 'balance' });
  await get('/ask?question=once', 'ann');
  expect((await get('/budget', 'ann')).body).toEqual([
    { budget: 'tenant-daily', remainingUsd: 3.75, heldUsd: 0, resetsAt: expect.any(String) },
  ]);
  const denied = await get('/ask?question=again', 'ann');
  expect([denied.status, denied.body.code]).toEqual([402, 'ERR_COST_CREDITS_EXHAUSTED']);
});

test('lets nobody in without a user', async () => {
  const get = await start();
  expect((await get('/ask?question=hello', 'eve')).status).toBe(401);
  expect(eden.books().charges).toEqual([]);
});
