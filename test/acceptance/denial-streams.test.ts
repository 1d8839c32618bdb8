import { once } from 'node:events';
import { connect } from 'node:net';
import { withBudget } from '@eden-cost/express';
import express, { type Express, type RequestHandler } from 'express';
import { CHAT } from '../support/calls.js';
import { CANARIES, expectNothingPrivate } from '../support/canaries.js';
import { useCostAware } from '../support/cost-aware.js';
import { nextEvent } from '../support/meter.js';
import { useQuietExpress } from '../support/quiet-express.js';
import { rawRequest } from '../support/raw-http.js';
import { useServers } from '../support/serve.js';
import { useStandIn } from '../support/stand-in.js';
import { turnsUntil } from '../support/turns.js';

const standIn = useStandIn();
const serve = useServers();
const kit = useCostAware(() => standIn.eden);
useQuietExpress();

const STREAMED = { ...CHAT, stream: true } as const;

/** Passes a chat on to its client, event by event. */
const stream: RequestHandler = async (_req, res) => {
  res.type('text/event-stream').flushHeaders();
  for await (const chunk of await kit.openai().chat.completions.create(STREAMED)) {
    res.write(`data: ${chunk.choices[0]?.delta.content ?? ''}\n\n`);
  }
  res.end('data: [DONE]\n\n');
};

const newApp = (): Express => express().set('env', 'production');
const daily = (limitUsd: number) => ({ name: CANARIES.budget, limitUsd, window: 'day' }) as const;

/** The sender's side of a request whose answer is read as it comes. */
async function open(url: string) {
  const { hostname, port, pathname } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.write(`GET ${pathname} HTTP/1.1\r\nhost: app\r\n\r\n`);
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk;
  });
  return {
    socket,
    text: () => text,
    until: (part: string) => turnsUntil(() => text.includes(part)),
  };
}

describe('withBudget() on a streaming route', () => {
  test('answers 402 before the first byte once the budget is spent', async () => {
    const app = newApp().use(kit.costAware({ budgets: [daily(0.01)] }));
    app.get('/stream', withBudget(), stream);
    const { url } = await serve(app);
    standIn.eden.script({ costUsd: 0.01 });

    const first = await rawRequest(`${url}/stream`);
    expect([first.status, first.headers['content-type']]).toEqual([200, 'text/event-stream; charset=utf-8']);
    expect(first.body).toMatch(/data: \[DONE\]\n\n$/);

    const second = await rawRequest(`${url}/stream`);
    expect([second.status, second.headers['content-type']]).toEqual([402, 'text/html; charset=utf-8']);
    expectNothingPrivate(second);
    expect(standIn.eden.requests()).toHaveLength(1);
  });

  test('is what makes the difference: without it, an empty 200 breaks off', async () => {
    const app = newApp()
      .use(kit.costAware({ budgets: [daily(0)] }))
      .get('/stream', stream);
    const { url } = await serve(app);
    const { socket, text } = await open(`${url}/stream`);
    await once(socket, 'close');
    expect(text()).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(text()).not.toMatch(/data:|\r\n0\r\n\r\n$/);
    await turnsUntil(() => kit.costLines().length > 0);
    expect(kit.costLines()).toMatchObject([{ res: { statusCode: 200 }, edenai: { deniedCalls: 1, aborted: true } }]);
  });

  test('denies 50 at once without a byte of a stream', async () => {
    const app = newApp()
      .use(kit.costAware({ budgets: [daily(0)] }))
      .get('/stream', withBudget(), stream);
    const { url } = await serve(app);
    const answers = await Promise.all(Array.from({ length: 50 }, () => rawRequest(`${url}/stream`)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([402]));
    expect(standIn.eden.requests()).toEqual([]);
  });
});

test('a call that is denied after the response has begun ends the connection, and nothing else', async () => {
  const app = newApp().use(kit.costAware({ budgets: [daily(0.01)] }));
  app.get('/stream', async (_req, res) => {
    res.write('the first part\n');
    await kit.openai().chat.completions.create(CHAT);
    res.write('the second part\n');
    await kit.openai().chat.completions.create(CHAT);
    res.end('never');
  });
  app.get('/alive', (_req, res) => void res.send('alive'));
  const { url } = await serve(app);
  standIn.eden.script({ costUsd: 0.01 });

  const { socket, text } = await open(`${url}/stream`);
  await once(socket, 'close');
  expect(text()).toContain('the second part');
  expect(text()).not.toMatch(/never|402|canary/);
  expect((await rawRequest(`${url}/alive`)).body).toBe('alive');
  await turnsUntil(() => kit.costLines().length > 0);
  expect(kit.costLines()).toMatchObject([
    { req: { route: '/stream' }, edenai: { calls: 1, deniedCalls: 1, costNanos: 10_000_000, aborted: true } },
  ]);
});

describe('a client that goes away in the midst of a stream', () => {
  /** Leaves when the first words are there; then, and not before, Eden AI goes on. */
  async function leaveEarly(handler: RequestHandler) {
    const metered = kit.costAware();
    const charged = nextEvent(metered.meter, 'charge', ({ amount }) => amount !== 1);
    const app = newApp().use(metered);
    let gone = () => {};
    const left = new Promise<void>((resolve) => {
      gone = resolve;
    });
    app.get('/stream', (req, res, next) => {
      res.once('close', gone);
      return handler(req, res, next);
    });
    const { url } = await serve(app);
    standIn.eden.script({
      match: { body: isStreamed },
      costUsd: 0.0123,
      hold: left,
      holdAfterEvents: 2,
      text: 'some words',
    });
    const client = await open(`${url}/stream`);
    await client.until('data: ');
    client.socket.destroy();
    await left;
    return charged;
  }
  const isStreamed = (body: unknown) => (body as { stream?: boolean }).stream === true;

  test('is logged as aborted, with the cost of the call that goes on', async () => {
    const charge = await leaveEarly(stream);
    expect(charge).toMatchObject({ amount: 12_300_000, basis: 'reported', late: true });
    expect(standIn.eden.books().totalNanos).toBe(12_300_000);
    expect(kit.costLines()).toMatchObject([
      {
        req: { method: 'GET', route: '/stream' },
        edenai: { calls: 1, costNanos: 12_300_000, aborted: true, late: true },
      },
    ]);
  });

  test('is logged as aborted with what was known, and once more with what comes late', async () => {
    await leaveEarly(async (req, res, next) => {
      standIn.eden.script({ costUsd: 1e-9 });
      await kit.openai().chat.completions.create(CHAT);
      return stream(req, res, next);
    });
    expect(kit.costLines().map(({ edenai }) => edenai)).toMatchObject([
      { calls: 1, costNanos: 1, aborted: true, late: false },
      { calls: 1, costNanos: 12_300_000, aborted: true, late: true },
    ]);
  });

  test('is charged the estimate when the app then aborts the call as well', async () => {
    const charge = await leaveEarly(async (_req, res) => {
      const abort = new AbortController();
      res.once('close', () => abort.abort());
      const chunks = await kit.openai().chat.completions.create(STREAMED, { signal: abort.signal });
      try {
        for await (const chunk of chunks) res.write(`data: ${chunk.choices[0]?.delta.content ?? ''}\n\n`);
      } catch {
        res.end();
      }
    });
    expect(charge).toMatchObject({ amount: 10_000_000, basis: 'estimated' });
    await turnsUntil(() => kit.costLines().length > 0);
    expect(kit.costLines()).toMatchObject([{ edenai: { calls: 1, costNanos: 10_000_000, aborted: true } }]);
  });
});
