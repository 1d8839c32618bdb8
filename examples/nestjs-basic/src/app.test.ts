import 'reflect-metadata';
import type { CostModuleOptions } from '@eden-cost/nestjs';
import { type EdenStandIn, type ReplyOptions, startEdenStandIn } from '@eden-cost/testing';
import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module.js';

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

async function start(cost?: CostModuleOptions) {
  const logger = (line: object) => void lines.push({ ...line });
  const settings = { baseUrl: eden.baseUrl, apiKey: 'test-key', cost: { logger, ...cost } };
  const app = await NestFactory.create(AppModule.forRoot(settings), { logger: false, forceCloseConnections: true });
  stops.push(() => app.close());
  await app.listen(0, '127.0.0.1');
  const url = await app.getUrl();
  return async (path: string, user: string, body?: object) => {
    const response = await fetch(url + path, {
      headers: { 'x-user': user, 'content-type': 'application/json' },
      ...(body && { method: 'POST', body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const type = response.headers.get('content-type') ?? '';
    return { status: response.status, type, body: type.includes('json') ? JSON.parse(text) : text };
  };
}

test('answers with what the request has cost', async () => {
  const send = await start();
  chat({ costUsd: 0.01 }, { costUsd: 0.02 });
  const { body } = await send('/ask', 'ann', { questions: ['why', 'how'] });
  expect(body).toEqual({ texts: [expect.any(String), expect.any(String)], costUsd: 0.03 });
  expect(lines.at(-1)).toMatchObject({
    req: { method: 'POST', route: '/ask' },
    edenai: { costNanos: 30_000_000, calls: 2, labels: { tenant: 'acme', feature: 'ask' } },
  });
});

test('answers 402 to the tenant whose day is spent, and goes on for the other', async () => {
  const send = await start();
  chat({ costUsd: 5 });
  expect((await send('/ask', 'ann', { questions: ['once'] })).status).toBe(201);
  const denied = {
    type: 'urn:eden-cost:budget-exceeded',
    title: 'Payment Required',
    status: 402,
    code: 'ERR_COST_BUDGET_EXCEEDED',
  };
  expect(await send('/ask', 'ann', { questions: ['again'] })).toMatchObject({ status: 402, body: denied });
  expect(await send('/stream?question=again', 'ann')).toMatchObject({ status: 402, body: denied });
  expect((await send('/ask', 'ben', { questions: ['mine'] })).status).toBe(201);
});

test('ends a request that has used up its own budget', async () => {
  const send = await start();
  chat({ costUsd: 0.13 }, { costUsd: 0.13 }, { costUsd: 0.13 });
  expect((await send('/ask', 'ann', { questions: ['one', 'two', 'three'] })).status).toBe(402);
  expect(eden.books().totalUsd).toBe(0.26);
});

test('holds one route to a budget of its own', async () => {
  const send = await start();
  chat({ costUsd: 1 });
  expect((await send('/summary', 'ann', { text: 'long' })).status).toBe(201);
  expect((await send('/summary', 'ann', { text: 'longer' })).status).toBe(402);
  expect((await send('/ask', 'ann', { questions: ['why'] })).status).toBe(201);
});

test('streams the answer on, and ends with its cost', async () => {
  const send = await start();
  chat({ text: 'Because.', costUsd: '0.0000123' });
  const { type, body } = await send('/stream?question=why', 'ben');
  expect(type).toMatch(/^text\/event-stream/);
  expect(body).toMatch(/event: cost\nid: \d+\ndata: {"costUsd":0.0000123}\n\n$/);
});

test("tells a tenant what is left of the day, and answers Eden AI's 402 without what Eden AI said", async () => {
  const send = await start();
  chat({ costUsd: 1.25 }, { status: 402, errorShape: 'balance' });
  await send('/ask', 'ann', { questions: ['once'] });
  expect((await send('/budget', 'ann')).body).toEqual([
    { budget: 'tenant-daily', remainingUsd: 3.75, heldUsd: 0, resetsAt: expect.any(String) },
  ]);
  const denied = await send('/ask', 'ann', { questions: ['again'] });
  expect([denied.status, denied.body.code]).toEqual([402, 'ERR_COST_CREDITS_EXHAUSTED']);
});

test('lets nobody in without a user', async () => {
  const send = await start();
  expect((await send('/ask', 'eve', { questions: ['hello'] })).status).toBe(401);
  expect(eden.books().charges).toEqual([]);
});
