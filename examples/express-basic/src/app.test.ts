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
  const send = async (path: string, user: string, body?: object) => {
    const response = await fetch(url + path, {
      headers: { 'x-user': user, 'content-type': 'application/json' },
      ...(body && { method: 'POST', body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const type = response.headers.get('content-type') ?? '';
    return { status: response.status, type, body: type.includes('json') ? JSON.parse(text) : text };
  };
  return { meter, send };
}

test('answers with what the request has cost, over the openai SDK and over fetch', async () => {
  const { send, meter } = await start();
  const { body: ask } = await send('/ask', 'ann', { question: ['Why is the sky blue?', 'And at night?'] });
  const { body: embed } = await send('/embed', 'ben', { text: 'the sky' });
  expect(ask).toEqual({ texts: [expect.any(String), expect.any(String)], costUsd: expect.any(Number) });
  expect(embed).toEqual({ dimensions: expect.any(Number), costUsd: expect.any(Number) });
  expect(ask.costUsd + embed.costUsd).toBeCloseTo(eden.books().totalUsd, 9);
  expect(meter.snapshot().costNanos).toBe(eden.books().totalNanos);
});

test('attributes each request to its tenant, although authentication comes after costAware', async () => {
  const { send } = await start();
  await send('/ask', 'ann', { question: 'Why is the sky blue?' });
  await send('/ask', 'ben', { question: 'Why is the sky blue?' });
  expect(lines.filter(({ msg }) => msg === 'edenai request cost')).toMatchObject([
    { req: { method: 'POST', route: '/ask' }, edenai: { calls: 1, labels: { tenant: 'acme' } } },
    { req: { method: 'POST', route: '/ask' }, edenai: { calls: 1, labels: { tenant: 'globex' } } },
  ]);
});

test('answers 402 to the tenant whose day is spent, and goes on for the other', async () => {
  const { send } = await start();
  chat({ costUsd: 5 });
  expect((await send('/ask', 'ann', { question: 'once' })).status).toBe(200);
  const denied = await send('/ask', 'ann', { question: 'again' });
  expect([denied.status, denied.type]).toEqual([402, 'application/problem+json; charset=utf-8']);
  expect(denied.body).toEqual({
    type: 'urn:eden-cost:budget-exceeded',
    title: 'Payment Required',
    status: 402,
    code: 'ERR_COST_BUDGET_EXCEEDED',
  });
  expect((await send('/ask', 'ben', { question: 'mine' })).status).toBe(200);
  expect(eden.books().requestsByPath['/v3/chat/completions']).toBe(2);
});

test('ends a request that has used up its own budget', async () => {
  const { send } = await start();
  chat({ costUsd: 0.13 }, { costUsd: 0.13 }, { costUsd: 0.13 });
  expect((await send('/ask', 'ann', { question: ['one', 'two', 'three'] })).status).toBe(402);
  expect(eden.books().totalUsd).toBe(0.26);
});

test('denies the plain fetch as well', async () => {
  const { send } = await start({ budgets: [{ name: 'tenant-daily', limitUsd: 0, window: 'day', by: 'tenant' }] });
  expect((await send('/embed', 'ann', { text: 'the sky' })).status).toBe(402);
});

test("tells a tenant what is left of the day, and answers Eden AI's 402 without what Eden AI said", async () => {
  const { send } = await start();
  chat({ costUsd: 1.25 }, { status: 402, errorShape: 'balance' });
  await send('/ask', 'ann', { question: 'once' });
  expect((await send('/budget', 'ann')).body).toEqual([
    { budget: 'tenant-daily', remainingUsd: 3.75, heldUsd: 0, resetsAt: expect.any(String) },
  ]);
  const denied = await send('/ask', 'ann', { question: 'again' });
  expect([denied.status, denied.body.code]).toEqual([402, 'ERR_COST_CREDITS_EXHAUSTED']);
});

test('lets nobody in without a user', async () => {
  const { send } = await start();
  expect((await send('/ask', 'eve', { question: 'Hello?' })).status).toBe(401);
  expect(eden.books().charges).toEqual([]);
});
