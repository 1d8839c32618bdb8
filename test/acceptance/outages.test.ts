import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Budget, Meter } from '@eden-cost/core';
import type { ReplyOptions } from '@eden-cost/testing';
import OpenAI from 'openai';
import { CHAT, postInit, readAnswer } from '../support/calls.js';
import { chats } from '../support/chats.js';
import { many } from '../support/lists.js';
import { hear, nextEvent, useMeteredEden } from '../support/meter.js';
import { useServers } from '../support/serve.js';

const metered = useMeteredEden();
const { ask } = chats(metered);
const serve = useServers();

const ESTIMATE = 40_000_000;
const BUDGETS: Budget[] = [
  { name: 'total', limitUsd: 100, window: 'total', estimateUsd: 0.04 },
  { name: 'tenant-daily', limitUsd: 50, window: 'day', by: 'tenant', estimateUsd: 0.04 },
  { name: 'one-request', limitUsd: 25, window: 'request', estimateUsd: 0.04 },
];
const UNTOUCHED = [
  { budget: 'total', remainingUsd: 100, heldUsd: 0 },
  { budget: 'tenant-daily', remainingUsd: 50, heldUsd: 0 },
  { budget: 'one-request', remainingUsd: 25, heldUsd: 0 },
];

const setup = () =>
  metered.meter({
    budgets: BUDGETS,
    rateCard: { 'anthropic/claude-sonnet-4-5': { inputUsdPerToken: 3e-6, outputUsdPerToken: 1.5e-5 } },
  });

/** Runs calls for a tenant; what remains of each budget when all of them have ended. */
const after = (meter: Meter, calls: () => Promise<unknown>) =>
  meter.run({ labels: { tenant: 'acme' } }, async () => {
    await calls();
    await metered.eden.idle();
    return meter.current()?.remaining();
  });

const userOf = (body: unknown): string | undefined => (body as { user?: string }).user;

const chatUrl = () => `${metered.eden.baseUrl}/chat/completions`;

describe('300 calls through the openai SDK while Eden AI answers 500, 502 and 503', () => {
  it.each([
    ['without retries', { maxRetries: 0 }, 300],
    ['with its own retries', {}, 900],
  ])('%s: nothing is settled, and nothing stays reserved', async (_name, options, requests) => {
    const meter = setup();
    const told = hear(meter);
    const openai = new OpenAI({ baseURL: metered.eden.baseUrl, apiKey: 'any', ...options });
    for (const status of [500, 502, 503]) {
      const match = { body: (body: unknown) => userOf(body) === String(status) };
      metered.eden.script({ status, match, headers: { 'retry-after-ms': '1' }, times: Number.POSITIVE_INFINITY });
    }
    const left = await after(meter, async () => {
      const calls = many(300, (index) => {
        const user = String([500, 502, 503][index % 3]);
        return openai.chat.completions.create({ ...CHAT, user, stream: index % 2 === 0 });
      });
      const results = await Promise.allSettled(calls);
      const statuses = results.map((result) => result.status === 'rejected' && result.reason.status);
      expect(statuses).toEqual(many(300, (index) => [500, 502, 503][index % 3]));
    });
    expect(left).toMatchObject(UNTOUCHED);
    expect(metered.eden.books()).toMatchObject({ requests, totalNanos: 0 });
    expect(meter.snapshot()).toMatchObject({ costNanos: 0, calls: requests, failedCalls: requests, callsInFlight: 0 });
    expect(told.charge).toEqual([]);
  });
});

describe('a call that Eden AI does not bill gives back what it held', () => {
  it.each([400, 401, 403, 404, 408, 422, 429, 451, 500, 502, 503, 529])('an answer with %s', async (status) => {
    const meter = setup();
    const left = await after(meter, async () => {
      expect(await ask({ reply: { status } })).toBe(status);
      expect(await ask({ reply: { status } }, { ...CHAT, stream: true })).toBe(status);
    });
    expect(left).toMatchObject(UNTOUCHED);
    expect(meter.snapshot()).toMatchObject({ costNanos: 0, calls: 2, failedCalls: 2 });
  });

  it('a connection that is refused', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const nobody = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.close();
    await once(server, 'close');
    const meter = metered.meter({ budgets: BUDGETS, baseUrls: [nobody], rateCard: false });
    const left = await after(meter, async () => {
      const error = await fetch(`${nobody}/v3/chat/completions`, postInit(CHAT)).catch((caught) => caught);
      expect(error.cause).toMatchObject({ code: 'ECONNREFUSED' });
    });
    expect(left).toMatchObject(UNTOUCHED);
    expect(meter.snapshot()).toMatchObject({ costNanos: 0, failedCalls: 1, callsInFlight: 0 });
  });

  it('a call that was aborted before it was made', async () => {
    const meter = setup();
    const left = await after(meter, async () => {
      const made = fetch(chatUrl(), postInit(CHAT, { signal: AbortSignal.abort() }));
      await expect(made).rejects.toMatchObject({ name: 'AbortError' });
    });
    expect(left).toMatchObject(UNTOUCHED);
    expect(metered.eden.books().requests).toBe(0);
  });
});

describe('an error that Eden AI bills', () => {
  it('is settled at what it says', async () => {
    const meter = setup();
    const told = hear(meter);
    await after(meter, () => ask({ reply: { status: 500, costUsd: 0.0123 } }));
    expect(metered.eden.books().totalNanos).toBe(12_300_000);
    expect(told.charge).toMatchObject([{ amount: 12_300_000, basis: 'reported', status: 500 }]);
  });
});

const NEVER = new Promise<never>(() => {});

/** Each makes a call and lets it go wrong on the way. */
const BROKEN: [name: string, reply: ReplyOptions, use: (signal: AbortController) => Promise<unknown>][] = [
  ['a reset before the headers', { reset: 'before-headers' }, () => fetch(chatUrl(), postInit(CHAT))],
  [
    'a reset after the headers',
    { reset: 'after-headers' },
    async () => readAnswer(await fetch(chatUrl(), postInit(CHAT))),
  ],
  [
    'an answer that is cut in its body',
    { cutAfterBytes: 40 },
    async () => readAnswer(await fetch(chatUrl(), postInit(CHAT))),
  ],
  [
    'a stream that is cut before its usage',
    { cutAfterEvents: 2 },
    async () => readAnswer(await fetch(chatUrl(), postInit({ ...CHAT, stream: true }))),
  ],
  [
    'a call that is aborted while it waits for its answer',
    { hold: NEVER },
    async (abort) => {
      const made = fetch(chatUrl(), postInit(CHAT, { signal: abort.signal }));
      await metered.eden.received(1);
      abort.abort();
      await made;
    },
  ],
  [
    'a call that runs into a time-out of its own',
    { hold: NEVER },
    async (abort) => {
      const openai = new OpenAI({ baseURL: metered.eden.baseUrl, apiKey: 'any', maxRetries: 0 });
      const made = openai.chat.completions.create(CHAT, { signal: abort.signal });
      await metered.eden.received(1);
      abort.abort(new DOMException('The operation timed out', 'TimeoutError'));
      await made;
    },
  ],
  [
    'a stream that is aborted after its first bytes',
    { hold: NEVER, holdAfterEvents: 2 },
    async (abort) => {
      const response = await fetch(chatUrl(), postInit({ ...CHAT, stream: true }, { signal: abort.signal }));
      const reader = (response.body as ReadableStream<Uint8Array>).getReader();
      await reader.read();
      abort.abort();
      await reader.read();
    },
  ],
  [
    'a stream whose reader is cancelled',
    { hold: NEVER, holdAfterEvents: 2 },
    async () => {
      const response = await fetch(chatUrl(), postInit({ ...CHAT, stream: true }));
      const reader = (response.body as ReadableStream<Uint8Array>).getReader();
      await reader.read();
      await reader.cancel();
    },
  ],
  [
    'a stream that the openai SDK breaks off',
    { hold: NEVER, holdAfterEvents: 2 },
    async () => {
      const openai = new OpenAI({ baseURL: metered.eden.baseUrl, apiKey: 'any', maxRetries: 0 });
      for await (const _chunk of await openai.chat.completions.create({ ...CHAT, stream: true })) break;
    },
  ],
  ['a gateway time-out, 504', { status: 504 }, async () => readAnswer(await fetch(chatUrl(), postInit(CHAT)))],
  ["a proxy's time-out, 524", { status: 524 }, async () => readAnswer(await fetch(chatUrl(), postInit(CHAT)))],
  [
    'a stream with an error frame instead of its usage',
    { errorFrameAfterEvents: 2 },
    async () => readAnswer(await fetch(chatUrl(), postInit({ ...CHAT, stream: true }))),
  ],
];

describe('a call that Eden AI may have billed, and whose cost never came, is settled at its estimate', () => {
  it.each(BROKEN)('%s', async (_name, reply, use) => {
    const meter = setup();
    const told = hear(meter);
    metered.eden.script(reply);
    const charged = nextEvent(meter, 'charge');
    const left = await after(meter, async () => {
      await use(new AbortController()).catch(() => {});
      await charged;
    });
    expect(left).toMatchObject([
      { remainingUsd: 99.96, heldUsd: 0 },
      { remainingUsd: 49.96, heldUsd: 0 },
      { remainingUsd: 24.96, heldUsd: 0 },
    ]);
    expect(told.charge).toMatchObject([{ amount: ESTIMATE, basis: 'estimated' }]);
    expect(told.error).toMatchObject([{ problem: expect.stringMatching(/^cost-(unknown|missing)$/) }]);
    expect(meter.snapshot()).toMatchObject({ costNanos: ESTIMATE, unpricedCalls: 1, callsInFlight: 0 });
    expect(metered.eden.books().requests).toBe(1);
  });
});

describe('a stream that breaks off', () => {
  it('because its caller had enough at [DONE], on a connection that stays open, is settled at its cost', async () => {
    const { url } = await serve((_req, res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      res.write('data: {"choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":"stop"}]}\n\n');
      res.write('data: {"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":1},"cost":0.0123}\n\n');
      res.write('data: [DONE]\n\n');
    });
    const meter = metered.meter({ baseUrls: [url], budgets: BUDGETS, rateCard: false });
    const charged = nextEvent(meter, 'charge');
    const response = await fetch(`${url}/v3/chat/completions`, postInit({ ...CHAT, stream: true }));
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    let text = '';
    while (!text.includes('[DONE]')) text += Buffer.from((await reader.read()).value as Uint8Array).toString();
    await reader.cancel();
    expect(await charged).toMatchObject({ amount: 12_300_000, basis: 'reported' });
    expect(text).not.toContain('usage');
    expect((await meter.remaining())[0]).toMatchObject({ heldUsd: 0 });
  });

  it('after its cost is settled at that', async () => {
    const meter = setup();
    const told = hear(meter);
    const body = { ...CHAT, stream: true, stream_options: { include_usage: true } };
    const charged = nextEvent(meter, 'charge');
    await after(meter, async () => {
      // role, four pieces of text, the finish_reason and the usage; what is missing is [DONE]
      const reply = { costUsd: 0.0123, cutAfterEvents: 7 };
      const { error } = await readAnswer(await fetch(chatUrl(), postInit(body, { reply })));
      expect(error).toBeDefined();
      await charged;
    });
    expect(told.charge).toMatchObject([{ amount: 12_300_000, basis: 'reported' }]);
    expect(metered.eden.books().totalNanos).toBe(12_300_000);
  });

  it('after its output was counted is settled at the rate of its tokens', async () => {
    const meter = setup();
    const told = hear(meter);
    const model = 'anthropic/claude-sonnet-4-5';
    const body = { ...CHAT, model, max_tokens: 100, stream: true };
    const charged = nextEvent(meter, 'charge');
    await after(meter, async () => {
      // message_start counts the input, message_delta the output; what is missing is message_stop
      const reply = { inputTokens: 1_000, outputTokens: 50, cutAfterEvents: 9 };
      await readAnswer(await fetch(`${metered.eden.baseUrl}/v1/messages`, postInit(body, { reply })));
      await charged;
    });
    expect(told.charge).toMatchObject([{ amount: 1_000 * 3_000 + 50 * 15_000, basis: 'rated' }]);
  });
});

describe('retries', () => {
  it('are calls of their own: the lost one at its estimate, the good one at its cost', async () => {
    const meter = setup();
    const told = hear(meter);
    metered.eden.script([{ reset: 'before-headers' }, { costUsd: 0.0123 }]);
    const openai = new OpenAI({ baseURL: metered.eden.baseUrl, apiKey: 'any' });
    await after(meter, () => openai.chat.completions.create(CHAT));
    expect(told.charge.map(({ amount, basis }) => [amount, basis])).toEqual([
      [ESTIMATE, 'estimated'],
      [12_300_000, 'reported'],
    ]);
    expect(metered.eden.books().requests).toBe(2);
  });

  it('belong to the request that made the call, also when they go out on a warm socket', async () => {
    const meter = setup();
    const openai = new OpenAI({ baseURL: metered.eden.baseUrl, apiKey: 'any' });
    const retried = { status: 500, headers: { 'retry-after-ms': '1' } };
    const failsOnce = (user: string) => ({ ...retried, match: { body: (body: unknown) => userOf(body) === user } });
    metered.eden.script(many(20, (index) => failsOnce(`user-${index}`)));
    metered.eden.script({ costUsd: 0.001, times: 20 });
    const totals = await Promise.all(
      many(20, (index) =>
        meter.run({}, async () => {
          await openai.chat.completions.create({ ...CHAT, user: `user-${index}` });
          return meter.current()?.totalNanos;
        }),
      ),
    );
    expect(totals).toEqual(many(20, () => 1_000_000));
    expect(meter.snapshot()).toMatchObject({ failedCalls: 20, unattributedNanos: 0 });
  });
});

describe('after an outage', () => {
  it('calls go on as if nothing had been', async () => {
    const meter = setup();
    metered.eden.script(many(30, (index) => (index % 2 ? { status: 503 } : { status: 500 })));
    await Promise.all(many(30, () => ask()));
    expect(await ask({ reply: { costUsd: 0.0123 } })).toBe(200);
    expect((await meter.remaining())[0]).toMatchObject({ remainingUsd: 99.9877, heldUsd: 0 });
  });
});
