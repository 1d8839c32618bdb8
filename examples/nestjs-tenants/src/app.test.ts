import 'reflect-metadata';
import { type EdenStandIn, type ReplyOptions, startEdenStandIn } from '@eden-cost/testing';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { AppModule } from './app.module.js';
import { DigestService } from './digest.service.js';

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

async function start() {
  const logger = (line: object) => void lines.push({ ...line });
  const module = AppModule.forRoot({ baseUrl: eden.baseUrl, apiKey: 'test-key', cost: { logger } });
  const app = await NestFactory.create<NestFastifyApplication>(
    module,
    new FastifyAdapter({ forceCloseConnections: true }),
    { logger: false },
  );
  stops.push(() => app.close());
  await app.listen(0, '127.0.0.1');
  const url = await app.getUrl();
  const send = async (method: string, path: string, user: string, body?: object) => {
    const response = await fetch(url + path, {
      method,
      headers: { 'x-user': user, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    return {
      status: response.status,
      type: response.headers.get('content-type'),
      body: JSON.parse(await response.text()),
    };
  };
  const ask = async (user: string) => (await send('POST', '/ask', user, { question: 'why' })).status;
  return { app, send, ask };
}

test('holds each tenant to its own plan', async () => {
  const { ask } = await start();
  chat(...Array.from({ length: 4 }, () => ({ costUsd: 1 })));
  expect([await ask('ben'), await ask('ben')]).toEqual([201, 402]); // free: 1 USD
  expect([await ask('ann'), await ask('ann')]).toEqual([201, 201]); // team: 25 USD
  expect(await ask('cat')).toBe(201); // enterprise: no limit
});

test('a plan that is used up answers a problem, and nothing of the plan', async () => {
  const { send, ask } = await start();
  chat({ costUsd: 1 });
  await ask('ben');
  const { status, type, body } = await send('POST', '/ask', 'ben', { question: 'again' });
  expect([status, type]).toEqual([402, 'application/problem+json; charset=utf-8']);
  expect(body).toEqual({
    type: 'urn:eden-cost:budget-exceeded',
    title: 'Payment Required',
    status: 402,
    code: 'ERR_COST_BUDGET_EXCEEDED',
  });
});

test('an upgrade counts at once, with what was spent before', async () => {
  const { send, ask } = await start();
  chat({ costUsd: 1 });
  expect([await ask('ben'), await ask('ben')]).toEqual([201, 402]);
  expect((await send('PUT', '/plan/team', 'ben')).body).toMatchObject([{ budget: 'plan', remainingUsd: 24 }]);
  expect(await ask('ben')).toBe(201);
});

test('help is given on a plan that is used up, and counts', async () => {
  const { send, ask } = await start();
  chat({ costUsd: 1 }, { costUsd: 0.25 });
  await ask('ben');
  expect((await send('POST', '/help', 'ben', { question: 'how?' })).status).toBe(201);
  expect(eden.books().totalUsd).toBe(1.25);
  expect(await ask('ben')).toBe(402);
});

test('a report has a budget of its own', async () => {
  const { send } = await start();
  chat({ costUsd: 0.3 }, { costUsd: 0.3 }, { costUsd: 0.3 });
  const { status } = await send('POST', '/report', 'ann', { topics: ['a', 'b', 'c'] });
  expect(status).toBe(402);
  expect(eden.books().totalUsd).toBe(0.6);
  expect((await send('GET', '/usage', 'ann')).body).toMatchObject([{ budget: 'plan', remainingUsd: 24.4 }]);
});

test("a job draws on its tenant's plan, and has a line of its own", async () => {
  const { app, ask } = await start();
  chat({ costUsd: 1 });
  expect(await app.get(DigestService).digest('globex', ['rain', 'sun'])).toEqual(expect.any(String));
  expect(lines.at(-1)).toMatchObject({ edenai: { costNanos: 1e9, labels: { tenant: 'globex', job: 'digest' } } });
  expect(await ask('ben')).toBe(402);
});

test("Eden AI's own 402 is 503 to visitors, who cannot pay it", async () => {
  const { send } = await start();
  chat({ status: 402, errorShape: 'balance' });
  expect(await send('POST', '/ask', 'ann', { question: 'why' })).toMatchObject({
    status: 503,
    body: { code: 'ERR_COST_CREDITS_EXHAUSTED', title: 'Service Unavailable' },
  });
});
