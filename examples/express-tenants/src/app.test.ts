import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type EdenStandIn, type ReplyOptions, startEdenStandIn } from '@eden-cost/testing';
import { createApp } from './app.js';

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
  const { app, meter } = createApp({ baseUrl: eden.baseUrl, apiKey: 'test-key', cost: { logger } });
  stops.push(() => meter.close());
  const server = app.listen(0);
  await once(server, 'listening');
  stops.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api`;
  const send = async (path: string, user: string, body?: object) => {
    const response = await fetch(url + path, {
      headers: { authorization: `Bearer token-${user}`, 'content-type': 'application/json' },
      ...(body && { method: 'POST', body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const type = response.headers.get('content-type') ?? '';
    return { status: response.status, type, body: type.includes('json') ? JSON.parse(text) : text };
  };
  const ask = async (user: string) => (await send('/ask', user, { question: 'why' })).status;
  const left = async (user: string) => {
    const { body } = await send('/usage', user);
    const all: [string, number][] = body.map((one: { budget: string; remainingUsd: number }) => [
      one.budget,
      one.remainingUsd,
    ]);
    return Object.fromEntries(all);
  };
  return { url, meter, send, ask, left };
}

test('lets nobody in without a token, and nobody but operators see statements', async () => {
  const { send } = await start();
  expect((await send('/ask', 'eve', { question: 'Hello?' })).status).toBe(401);
  expect((await send('/admin/statements', 'ann')).status).toBe(403);
  expect(eden.books().requests).toBe(0);
});

test('attributes each request to tenant and team, although authentication comes after costAware', async () => {
  const { ask } = await start();
  await ask('ann');
  await ask('cat');
  expect(lines.filter(({ msg }) => msg === 'edenai request cost')).toMatchObject([
    { req: { route: '/api/ask' }, edenai: { calls: 1, labels: { tenant: 'acme', team: 'web' } } },
    { req: { route: '/api/ask' }, edenai: { calls: 1, labels: { tenant: 'globex', team: 'web' } } },
  ]);
});

test('holds each tenant to its own plan, and says nothing of it', async () => {
  const { ask, send } = await start();
  chat({ costUsd: 1 }, { costUsd: 1 }, { costUsd: 1 });
  expect(await ask('cat')).toBe(200); // free: 1 USD
  const denied = await send('/ask', 'cat', { question: 'again' });
  expect([denied.status, denied.type]).toEqual([402, 'application/problem+json; charset=utf-8']);
  expect(denied.body).toEqual({
    type: 'urn:eden-cost:budget-exceeded',
    title: 'Payment Required',
    status: 402,
    code: 'ERR_COST_BUDGET_EXCEEDED',
  });
  expect([await ask('ann'), await ask('ann')]).toEqual([200, 200]); // team: 25 USD
});

test('holds each team to its day, and a team of the same name elsewhere to its own', async () => {
  const { ask } = await start();
  chat({ costUsd: 5 });
  expect([await ask('ann'), await ask('ann')]).toEqual([200, 402]); // acme, web
  expect([await ask('bob'), await ask('cat')]).toEqual([200, 200]); // acme, data; globex, web
});

test('ends a request that has used up its own budget', async () => {
  const { send, ask } = await start();
  chat({ costUsd: 0.13 }, { costUsd: 0.13 });
  expect((await send('/ask', 'ann', { question: ['one', 'two', 'three'] })).status).toBe(402);
  expect(eden.books().totalUsd).toBe(0.26);
  expect(await ask('ann')).toBe(200);
});

test('denies images that the plan does not include, before the handler runs, until the upgrade', async () => {
  const { send, ask } = await start();
  const draw = async () => (await send('/image', 'cat', { prompt: 'a blue sky' })).status;
  expect([await draw(), await draw(), await draw()]).toEqual([200, 200, 402]);
  expect(eden.books().requestsByPath['/v3/images/generations']).toBe(2);
  expect(await ask('cat')).toBe(200); // the rest of the plan is not for images alone

  await send('/upgrade', 'cat', { plan: 'team' });
  expect(await draw()).toBe(200);
});

test('an upgrade counts at once, with what was spent before', async () => {
  const { send, ask, left } = await start();
  chat({ costUsd: 1 });
  expect([await ask('cat'), await ask('cat')]).toEqual([200, 402]);
  expect((await send('/upgrade', 'cat', { plan: 'everything' })).status).toBe(400);
  expect((await send('/upgrade', 'cat', { plan: 'team' })).body).toMatchObject([{ budget: 'plan', remainingUsd: 24 }]);
  expect(await left('cat')).toEqual({ plan: 24, 'team-daily': 4, images: 10 });
  expect(await ask('cat')).toBe(200);
});

test('streams an answer and what it has cost, and answers 402 before the first byte', async () => {
  const { send } = await start();
  chat({ text: 'Because of Rayleigh scattering.', costUsd: 1, chunks: 3 });
  const { body } = await send('/stream', 'cat', { question: 'why' });
  expect(body).toBe('Because of Rayleigh scattering.\n1 USD\n');
  expect(await send('/stream', 'cat', { question: 'again' })).toMatchObject({
    status: 402,
    body: { code: 'ERR_COST_BUDGET_EXCEEDED' },
  });
  expect(eden.books().requestsByPath['/v3/chat/completions']).toBe(1);
});

test("Eden AI's own 402 is 503 to visitors, who cannot pay it", async () => {
  const { send } = await start();
  chat({ status: 402, errorShape: 'balance' });
  expect(await send('/ask', 'ann', { question: 'why' })).toMatchObject({
    status: 503,
    body: { code: 'ERR_COST_CREDITS_EXHAUSTED', title: 'Service Unavailable' },
  });
});

test("statements add up to Eden AI's books, to the nano", async () => {
  const { send, ask, meter } = await start();
  chat({ costUsd: '0.000000001' }, { costUsd: '0.123456789' }, { costUsd: '0.1' }, { status: 500 });
  await Promise.all(['ann', 'bob', 'cat'].map(ask));
  await send('/image', 'cat', { prompt: 'a blue sky' });
  await send('/stream', 'bob', { question: 'why' });
  const { body } = await send('/admin/statements', 'olga');
  const { totalNanos } = eden.books();
  expect(body.map(({ tenant }: { tenant: string }) => tenant)).toEqual(['acme', 'globex']);
  expect(body.reduce((sum: number, { costNanos }: { costNanos: number }) => sum + costNanos, 0)).toBe(totalNanos);
  expect(meter.snapshot()).toMatchObject({ costNanos: totalNanos, unattributedNanos: 0 });
});
