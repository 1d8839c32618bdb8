import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BudgetExceededError, CreditsExhaustedError, type MeterOptions } from '@eden-cost/core';
import { manualClock } from '@eden-cost/testing';
import OpenAI from 'openai';
import { CHAT, postInit } from '../support/calls.js';
import { hear, useMeteredEden } from '../support/meter.js';

const metered = useMeteredEden();

/** Nothing is left, and no time passes: what waited for either would never end. */
const spentMeter = (options: MeterOptions = {}) =>
  metered.meter({
    budgets: [{ name: 'nothing-left', limitUsd: 0, window: 'day' }],
    rateCard: false,
    clock: manualClock(),
    ...options,
  });

const chat = (init = postInit(CHAT)) => fetch(`${metered.eden.baseUrl}/chat/completions`, init);
const rejection = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    (value) => Promise.reject(new Error('was to reject', { cause: value })),
    (error: unknown) => error,
  );

describe('a denied call', () => {
  const client = () => new OpenAI({ baseURL: metered.eden.baseUrl, apiKey: 'any' });
  const CALLS: Record<string, () => Promise<unknown>> = {
    fetch: () => chat(),
    'fetch with a Request': () => fetch(new Request(`${metered.eden.baseUrl}/chat/completions`, postInit(CHAT))),
    'the openai SDK': () => client().chat.completions.create(CHAT),
    'the openai SDK, streamed': () => client().chat.completions.create({ ...CHAT, stream: true }),
    'the openai SDK, responses': () => client().responses.create({ model: CHAT.model, input: 'Hello' }),
    'the openai SDK, embeddings': () =>
      client().embeddings.create({ model: 'openai/text-embedding-3-small', input: 'Hello' }),
    'a form': () => {
      const form = new FormData();
      form.set('model', 'openai/whisper-1');
      form.set('file', new Blob(['sound']), 'sound.mp3');
      return fetch(`${metered.eden.baseUrl}/audio/transcriptions`, { method: 'POST', body: form });
    },
  };

  test.each(Object.keys(CALLS))('never reaches the network over %s', async (name) => {
    const meter = spentMeter();
    await meter.run({}, () => CALLS[name]?.().catch(() => {}));
    expect(metered.eden.requests()).toEqual([]);
    expect(meter.snapshot()).toMatchObject({ deniedCalls: 1, calls: 0, costNanos: 0, callsInFlight: 0 });
  });

  test('reaches the network again once the budget has room', async () => {
    const meter = spentMeter();
    await meter.topUp('nothing-left', undefined, 1, { actor: 'test', reason: 'room' });
    expect((await chat()).status).toBe(200);
    expect(metered.eden.requests()).toHaveLength(1);
  });

  test("is the openai SDK's own 402 after one attempt, with its default retries", async () => {
    const meter = spentMeter();
    const denied = hear(meter).denied;
    const error = await meter.run({}, () => rejection(client().chat.completions.create(CHAT)));
    expect(error).toBeInstanceOf(OpenAI.APIError);
    expect(error).not.toBeInstanceOf(OpenAI.APIConnectionError);
    expect(error).toMatchObject({ status: 402, code: 'ERR_COST_BUDGET_EXCEEDED', type: 'payment_required' });
    expect((error as InstanceType<typeof OpenAI.APIError>).headers?.get('x-eden-cost-denial')).toBe(denied[0]?.id);
    expect(denied).toHaveLength(1);
  });

  test('is asked for once by an openai SDK that counts its attempts', async () => {
    spentMeter();
    let attempts = 0;
    const counting: typeof fetch = (...args) => {
      attempts += 1;
      return fetch(...args);
    };
    const { chat } = new OpenAI({ baseURL: metered.eden.baseUrl, apiKey: 'any', maxRetries: 5, fetch: counting });
    await rejection(chat.completions.create(CHAT));
    expect(attempts).toBe(1);
  });

  test.each([
    [
      '/v3/chat/completions',
      {
        error: { message: expect.any(String), type: 'payment_required', param: null, code: 'ERR_COST_BUDGET_EXCEEDED' },
      },
    ],
    [
      '/v3/embeddings',
      {
        error: { message: expect.any(String), type: 'payment_required', param: null, code: 'ERR_COST_BUDGET_EXCEEDED' },
      },
    ],
    ['/v3/messages', { type: 'error', error: { type: 'billing_error', message: expect.any(String) } }],
    ['/v3/universal-ai', { detail: expect.any(String) }],
    ['/v2/text/chat', { error: { type: 'ERR_COST_BUDGET_EXCEEDED', message: expect.any(String) } }],
  ])('is answered in the shape of %s, and says nothing of the budget', async (path, body) => {
    const budget = { name: 'tenant-acme', limitUsd: 0, window: 'month' } as const;
    spentMeter({ budgets: [budget], paymentRequired: 'respond' });
    const response = await fetch(metered.eden.url + path, postInit(CHAT));
    const text = await response.text();
    expect([response.status, response.statusText]).toEqual([402, 'Payment Required']);
    expect(Object.fromEntries(response.headers)).toEqual({
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(text)),
      'x-should-retry': 'false',
      'x-eden-cost-denial': expect.any(String),
    });
    expect(JSON.parse(text)).toEqual(body);
    expect(text).not.toMatch(/acme|month|usd|\d/i);
  });

  test('can be aborted like any other, and holds nothing', async () => {
    const meter = spentMeter();
    const aborted = new AbortController();
    const answer = rejection(chat(postInit(CHAT, { signal: aborted.signal })));
    aborted.abort();
    expect(await answer).toMatchObject({ name: 'AbortError' });
    expect(meter.snapshot().callsInFlight).toBe(0);
  });
});

describe("a plain fetch's 402", () => {
  test('rejects with a BudgetExceededError in a request', async () => {
    const meter = spentMeter();
    const error = await meter.run({}, () => rejection(chat()));
    expect(error).toBeInstanceOf(BudgetExceededError);
    expect(error).toMatchObject({
      code: 'ERR_COST_BUDGET_EXCEEDED',
      status: 402,
      statusCode: 402,
      budget: 'nothing-left',
      reason: 'spent',
      limitNanos: 0,
    });
    expect(String(error)).not.toMatch(/nothing-left|\d/);
  });

  test('is a 402 Response outside a request', async () => {
    spentMeter();
    const response = await chat();
    expect([response.status, response.ok]).toEqual([402, false]);
    expect(await response.json()).toMatchObject({ error: { code: 'ERR_COST_BUDGET_EXCEEDED' } });
  });

  test('rejects through meter.fetch as well, where nothing is intercepted', async () => {
    const meter = spentMeter({ intercept: false });
    const url = `${metered.eden.baseUrl}/chat/completions`;
    expect(await meter.run({}, () => rejection(meter.fetch(url, postInit(CHAT))))).toBeInstanceOf(BudgetExceededError);
    expect((await meter.fetch(url, postInit(CHAT))).status).toBe(402);
    expect(metered.eden.requests()).toEqual([]);
  });

  test.each([
    ['axios', { 'user-agent': 'axios/1.13.2' }],
    ['the AI SDK', { 'User-Agent': 'ai/6.0.3 ai-sdk/provider-utils/4.0.1 runtime/node.js/20' }],
    ["Stainless's SDKs", { 'X-Stainless-Retry-Count': '0' }],
  ])('is a Response for %s, which makes an error of its own', async (_sdk, headers) => {
    const meter = spentMeter();
    const inInit = await meter.run({}, () => chat(postInit(CHAT, { headers: headers as Record<string, string> })));
    const request = new Request(
      `${metered.eden.baseUrl}/chat/completions`,
      postInit(CHAT, { headers: headers as Record<string, string> }),
    );
    const inRequest = await meter.run({}, () => fetch(request));
    expect([inInit.status, inRequest.status]).toEqual([402, 402]);
  });

  test.each([
    ['my-axios/1.0', 'a user agent that only contains a name'],
    ['airline/2.0', 'a user agent that only begins like one'],
  ])('rejects for %s: %s', async (userAgent) => {
    const meter = spentMeter();
    const answer = meter.run({}, () => chat(postInit(CHAT, { headers: { 'user-agent': userAgent } })));
    expect(await rejection(answer)).toBeInstanceOf(BudgetExceededError);
  });

  test('is a Response for a library in node_modules', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'eden-cost-'));
    const library = join(folder, 'node_modules', 'some-client', 'index.js');
    mkdirSync(join(library, '..'), { recursive: true });
    writeFileSync(library, 'module.exports = (url, init) => fetch(url, init);');
    try {
      const call = require(library) as typeof fetch;
      const meter = spentMeter();
      const response = await meter.run({}, () => call(`${metered.eden.baseUrl}/chat/completions`, postInit(CHAT)));
      expect(response.status).toBe(402);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("is a Response everywhere with paymentRequired: 'respond'", async () => {
    const meter = spentMeter({ paymentRequired: 'respond' });
    expect((await meter.run({}, () => chat())).status).toBe(402);
    expect((await chat()).status).toBe(402);
  });

  test("rejects everywhere with paymentRequired: 'throw'", async () => {
    const meter = spentMeter({ paymentRequired: 'throw' });
    expect(await rejection(chat())).toBeInstanceOf(BudgetExceededError);
    expect(await rejection(chat(postInit(CHAT, { headers: { 'user-agent': 'ai/6.0.3' } })))).toBeInstanceOf(
      BudgetExceededError,
    );
    expect(await meter.run({}, () => rejection(chat()))).toBeInstanceOf(BudgetExceededError);
  });

  test("stays a Response when it is another service's", async () => {
    const meter = metered.meter({ baseUrls: ['https://api.edenai.run'], paymentRequired: 'throw' });
    const response = await meter.run({}, () => chat(postInit(CHAT, { reply: { status: 402 } })));
    expect(response.status).toBe(402);
    expect(response.headers.has('x-eden-cost-denial')).toBe(false);
  });

  test('stays a Response for a status other than 402, whatever its headers claim', async () => {
    const meter = metered.meter();
    const headers = { 'x-eden-cost-denial': 'forged' };
    const response = await meter.run({}, () => chat(postInit(CHAT, { reply: { status: 500, headers } })));
    expect([response.status, response.headers.get('x-eden-cost-denial')]).toEqual([500, 'forged']);
  });

  test('rejects with a CreditsExhaustedError when Eden AI itself sends it, also with a forged denial header', async () => {
    const meter = metered.meter();
    for (const forged of [undefined, 'forged', ',']) {
      const reply = { status: 402, ...(forged && { headers: { 'x-eden-cost-denial': forged } }) };
      const error = await meter.run({}, () => rejection(chat(postInit(CHAT, { reply }))));
      expect(error).toBeInstanceOf(CreditsExhaustedError);
    }
  });

  test('leaves the connection for the next call', async () => {
    const meter = metered.meter({ circuit: false });
    await (await chat()).text();
    let connections = 0;
    const count = () => {
      connections += 1;
    };
    subscribe('undici:client:connected', count);
    metered.eden.script([{ status: 402, body: 'x'.repeat(1_000_000) }, { status: 200 }]);
    await meter.run({}, async () => {
      await rejection(chat());
      await (await chat()).text();
    });
    unsubscribe('undici:client:connected', count);
    expect(connections).toBe(0);
  });
});

test('every denial is told once, with what an operator needs', async () => {
  const meter = spentMeter();
  const denied = hear(meter).denied;
  await meter.run({ labels: { tenant: 'acme' } }, () => rejection(chat()));
  expect(denied).toEqual([
    {
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      at: expect.any(Number),
      operation: 'chat',
      model: 'openai/gpt-4o',
      reason: 'spent',
      budget: 'nothing-left',
      retryAfterMs: expect.any(Number),
      amounts: { limit: 0, settled: 0, reserved: 0, estimate: expect.any(Number) },
      enforced: true,
    },
  ]);
});
