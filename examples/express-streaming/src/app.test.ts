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

/** How the next chat is answered. */
const chat = (reply: ReplyOptions) => eden.script({ ...reply, match: { path: '/chat/completions' } });

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
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/stream`;
  const stream = (question: string, signal?: AbortSignal) =>
    fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ question }),
      ...(signal && { signal }),
    });
  return { meter, stream };
}

test('streams the answer on, and ends with its cost', async () => {
  const { stream } = await start();
  chat({ text: 'Because of Rayleigh scattering.', costUsd: '0.0000123', chunks: 3 });
  const events = (await (await stream('Why is the sky blue?')).text()).split('\n\n').filter(Boolean);
  const texts = events.slice(0, -1).map((event) => JSON.parse(event.replace('data: ', '')).text);
  expect(texts.join('')).toBe('Because of Rayleigh scattering.');
  expect(events.at(-1)).toBe('event: cost\ndata: {"costUsd":0.0000123}');
  expect(lines.at(-1)).toMatchObject({ req: { route: '/stream' }, edenai: { costNanos: 12_300, basis: 'reported' } });
});

test('answers 402 before the first byte when the budget is spent', async () => {
  const { stream } = await start();
  chat({ costUsd: 5 });
  await (await stream('once')).text();
  const denied = await stream('again');
  expect([denied.status, await denied.json()]).toEqual([402, { message: 'That was all for today.' }]);
  expect(eden.books().requestsByPath['/v3/chat/completions']).toBe(1);
});

test.each([
  ['in the middle of a stream', { holdAfterEvents: 2 }],
  ['before the first byte', {}],
])('aborts the call to Eden AI when the client goes away %s', async (_when, where) => {
  const { stream, meter } = await start({ rateCard: false }); // Eden AI's lists of prices would be requests as well
  const held = new Promise(() => {});
  chat({ hold: held, ...where });
  const client = new AbortController();
  const answer = stream('Tell me a long story.', client.signal);
  answer.catch(() => {});
  await eden.received(1);
  if ('holdAfterEvents' in where) await (await answer).body?.getReader().read();
  client.abort();
  await eden.idle();
  expect(eden.requests().map(({ path, outcome }) => [path, outcome])).toContainEqual([
    '/v3/chat/completions',
    'aborted',
  ]);
  await meter.close();
  expect(meter.snapshot()).toMatchObject({ calls: 1, unpricedCalls: 1, callsInFlight: 0 });
});
