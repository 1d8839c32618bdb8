import { randomBytes } from 'node:crypto';
import type { Charge, CostScope, Meter } from '@eden-cost/core';
import { type CostForm, type Encoding, type ReplyOptions, standInHeaders } from '@eden-cost/testing';
import OpenAI, { toFile } from 'openai';
import { CHAT, postInit, readAnswer } from '../support/calls.js';
import { useStandIn } from '../support/stand-in.js';
import { HAS_ZSTD } from '../support/zstd.js';

const standIn = useStandIn();

/** Built before @eden-cost/core is even imported. */
let early: { fetch: typeof fetch; openai: OpenAI };
let meter: Meter;
beforeAll(async () => {
  early = { fetch: globalThis.fetch, openai: openai() };
  const { createMeter } = await import('@eden-cost/core');
  meter = createMeter({
    baseUrls: [standIn.eden.url],
    rateCard: { 'anthropic/claude-sonnet-4-5': { inputUsdPerToken: 3e-6, outputUsdPerToken: 1.5e-5 } },
  });
});
afterAll(() => meter.close());

const openai = (options: { fetch?: typeof fetch } = {}) =>
  new OpenAI({ baseURL: standIn.eden.baseUrl, apiKey: 'any', maxRetries: 0, ...options });

const FETCHES = {
  'a fetch taken before the import': () => early.fetch,
  'the global fetch': () => globalThis.fetch,
  'meter.fetch': () => meter.fetch,
};

const CLIENTS = {
  'an openai client built before the import': () => early.openai,
  'an openai client built after the meter': () => openai(),
  'an openai client with meter.fetch': () => openai({ fetch: meter.fetch }),
};

const COST = '0.012345678';
const SONNET = 'anthropic/claude-sonnet-4-5';
const STREAM = { stream: true };
const ASKED = { ...STREAM, stream_options: { include_usage: true } };

/** Runs a call in a scope of its own; what was charged by the time it has been read, and what Eden AI booked. */
async function priced(call: () => Promise<unknown>): Promise<{ scope: CostScope; charges: readonly Charge[] }> {
  return meter.run({}, async () => {
    await call();
    const scope = meter.current() as CostScope;
    return { scope, charges: [...scope.charges] };
  });
}

function expectBooked({ scope, charges }: Awaited<ReturnType<typeof priced>>, expected: Partial<Charge>): void {
  const { totalNanos, charges: booked } = standIn.eden.books();
  expect(booked).toHaveLength(1);
  expect(charges).toHaveLength(1);
  expect(charges[0]).toMatchObject({ amount: totalNanos, ...expected });
  expect(scope.totalNanos).toBe(totalNanos);
}

function form(): FormData {
  const data = new FormData();
  data.set('model', 'openai/whisper-1');
  data.set('file', new Blob([Buffer.alloc(32_000)], { type: 'audio/mpeg' }), 'a.mp3');
  return data;
}

type Endpoint = [name: string, path: string, body: () => unknown, expected: Partial<Charge>];

const ENDPOINTS: Endpoint[] = [
  ['chat', '/v3/chat/completions', () => CHAT, { operation: 'chat', basis: 'reported', model: CHAT.model }],
  ['a chat stream', '/v3/chat/completions', () => ({ ...CHAT, ...STREAM }), { operation: 'chat', basis: 'reported' }],
  [
    'a chat stream that was asked for its usage',
    '/v3/chat/completions',
    () => ({ ...CHAT, ...ASKED }),
    { operation: 'chat', basis: 'reported' },
  ],
  ['a response', '/v3/responses', () => ({ input: 'Hello' }), { operation: 'responses', basis: 'reported' }],
  [
    'a response stream',
    '/v3/responses',
    () => ({ input: 'Hello', ...STREAM }),
    { operation: 'responses', basis: 'reported' },
  ],
  [
    'a message',
    '/v3/v1/messages',
    () => ({ ...CHAT, model: SONNET, max_tokens: 9 }),
    { operation: 'messages', basis: 'reported', model: SONNET },
  ],
  ['embeddings', '/v3/embeddings', () => ({ input: 'Hello' }), { operation: 'embeddings', basis: 'reported' }],
  [
    'speech',
    '/v3/audio/speech',
    () => ({ input: 'Hello', voice: 'alloy' }),
    { operation: 'speech', basis: 'reported' },
  ],
  ['images', '/v3/images/generations', () => ({ prompt: 'a cat' }), { operation: 'images', basis: 'reported' }],
  ['a transcription', '/v3/audio/transcriptions', form, { operation: 'transcription', basis: 'reported' }],
  ['a moderation', '/v3/moderations', () => ({ input: 'Hello' }), { operation: 'moderation', basis: 'reported' }],
  [
    'Universal AI',
    '/v3/universal-ai',
    () => ({ model: 'ocr/financial_parser/mindee', input: { file: 'x' } }),
    { operation: 'feature', basis: 'reported', provider: 'mindee' },
  ],
  ['a decision', '/v3/alpha/decisions', () => ({ question: 'Go?' }), { operation: 'other', basis: 'reported' }],
  ['any other path', '/v3/brand/new', () => ({ anything: 1 }), { operation: 'other', basis: 'reported' }],
  [
    'a v2 feature, over its providers',
    '/v2/text/chat',
    () => ({ providers: 'google,openai,mistral', text: 'Hello' }),
    { operation: 'feature', basis: 'reported' },
  ],
];

const callOf = (path: string, body: unknown, reply: ReplyOptions): [string, RequestInit] => {
  const init =
    body instanceof FormData ? { method: 'POST', headers: standInHeaders(reply), body } : postInit(body, { reply });
  return [standIn.eden.url + path, init];
};

describe.each(Object.entries(FETCHES))('over %s', (_name, fetchOf) => {
  it.each(ENDPOINTS)('%s is charged to the nano', async (_endpoint, path, body, expected) => {
    const [url, init] = callOf(path, body(), { costUsd: COST });
    const result = await priced(async () => readAnswer(await fetchOf()(url, init)));
    expectBooked(result, { amount: 12_345_678, ...expected });
  });

  it('a message stream, which says no cost, is charged its tokens at their rate', async () => {
    const [url, init] = callOf(
      '/v3/v1/messages',
      { ...CHAT, model: SONNET, max_tokens: 99, ...STREAM },
      { inputTokens: 1_234, outputTokens: 56 },
    );
    const result = await priced(async () => readAnswer(await fetchOf()(url, init)));
    expectBooked(result, {
      amount: 1_234 * 3_000 + 56 * 15_000,
      basis: 'rated',
      usage: { inputTokens: 1_234, outputTokens: 56 },
    });
  });

  it('an answer for free is charged nothing: from the cache, or of a failed provider', async () => {
    const [url, init] = callOf('/v3/chat/completions', CHAT, { cached: true });
    expectBooked(await priced(async () => readAnswer(await fetchOf()(url, init))), { amount: 0, basis: 'free' });
    standIn.eden.reset();
    const failed = callOf('/v3/universal-ai', { model: 'ocr/financial_parser/mindee' }, { outcome: 'fail' });
    expectBooked(await priced(async () => readAnswer(await fetchOf()(...failed))), { amount: 0, basis: 'free' });
  });

  it("a call with the account's own provider key is charged nothing, and its notional cost is kept", async () => {
    const [url, init] = callOf('/v3/chat/completions', CHAT, { byok: true, metadata: true, costUsd: COST });
    const result = await priced(async () => readAnswer(await fetchOf()(url, init)));
    expectBooked(result, { amount: 0, basis: 'external', rawCost: COST });
  });

  it('what Eden AI never bills makes no charge', async () => {
    const { charges } = await priced(async () => {
      await readAnswer(await fetchOf()(`${standIn.eden.url}/v3/models`));
      await readAnswer(await fetchOf()(...callOf('/v3/v1/messages/count_tokens', CHAT, {})));
      await readAnswer(await fetchOf()(...callOf('/v3/upload', form(), {})));
      await readAnswer(await fetchOf()(`${standIn.eden.url}/v2/cost_management/credits/`));
    });
    expect(charges).toEqual([]);
    expect(standIn.eden.books().requests).toBe(4);
  });
});

type Use = (client: OpenAI) => Promise<unknown>;

const drain = async (stream: AsyncIterable<unknown>) => {
  for await (const _chunk of stream);
};

const SDK: [name: string, use: Use, expected: Partial<Charge>][] = [
  ['chat', (client) => client.chat.completions.create(CHAT), { operation: 'chat' }],
  [
    'a chat stream',
    async (client) => drain(await client.chat.completions.create({ ...CHAT, stream: true })),
    { operation: 'chat' },
  ],
  [
    'a chat stream that was asked for its usage',
    async (client) =>
      drain(await client.chat.completions.create({ ...CHAT, stream: true, stream_options: { include_usage: true } })),
    { operation: 'chat' },
  ],
  [
    "a chat by the SDK's stream helper",
    (client) => client.chat.completions.stream(CHAT).finalChatCompletion(),
    { operation: 'chat' },
  ],
  ['a response', (client) => client.responses.create({ input: 'Hello' }), { operation: 'responses' }],
  [
    'a response stream',
    (client) => client.responses.stream({ input: 'Hello' }).finalResponse(),
    { operation: 'responses' },
  ],
  [
    'embeddings',
    (client) => client.embeddings.create({ model: 'openai/text-embedding-3-small', input: ['a', 'b'] }),
    { operation: 'embeddings' },
  ],
  [
    'speech',
    async (client) =>
      (await client.audio.speech.create({ model: 'openai/tts-1', voice: 'alloy', input: 'Hi' })).arrayBuffer(),
    { operation: 'speech' },
  ],
  ['images', (client) => client.images.generate({ prompt: 'a cat' }), { operation: 'images' }],
  [
    'a transcription',
    async (client) =>
      client.audio.transcriptions.create({
        file: await toFile(Buffer.alloc(32_000), 'a.mp3'),
        model: 'openai/whisper-1',
      }),
    { operation: 'transcription' },
  ],
  ['a moderation', (client) => client.moderations.create({ input: 'Hello' }), { operation: 'moderation' }],
  [
    'Universal AI',
    (client) => client.post('/universal-ai', { body: { model: 'ocr/financial_parser/mindee' } }),
    { operation: 'feature' },
  ],
];

describe.each(Object.entries(CLIENTS))('over %s', (_name, clientOf) => {
  it.each(SDK)('%s is charged to the nano', async (_endpoint, use, expected) => {
    standIn.eden.script({ costUsd: COST });
    const result = await priced(() => use(clientOf()));
    expectBooked(result, { amount: 12_345_678, basis: 'reported', ...expected });
  });
});

describe('however a cost is written and sent', () => {
  const FORMS: [name: string, reply: ReplyOptions, nanos: number][] = [
    ['a number', { costUsd: COST, costAs: 'number' }, 12_345_678],
    ['a number at the start of the body', { costUsd: COST, costAt: 'start' }, 12_345_678],
    ['a string', { costUsd: '0.01', costAs: 'string' }, 10_000_000],
    ['a string without zeros before the point', { costAs: { raw: '".0100"' } }, 10_000_000],
    ['an exponent', { costUsd: '0.0000012', costAs: 'exponent' }, 1_200],
    ['a float with noise', { costAs: { raw: '0.03000000000000001' } }, 30_000_000],
    ['less than half a nano', { costAs: { raw: '4.9e-10' } }, 0],
    ['half a nano', { costAs: { raw: '0.0000000005' } }, 1],
    ['a large amount', { costUsd: '999.999999999' }, 999_999_999_999],
  ];
  const ENCODINGS: Encoding[] = ['identity', 'gzip', 'br', 'deflate'];
  const READ: Encoding[] = HAS_ZSTD ? [...ENCODINGS, 'zstd'] : ENCODINGS;
  const CASES = FORMS.flatMap(([name, reply, nanos]) =>
    READ.map((encoding): [string, Encoding, ReplyOptions, number] => [name, encoding, reply, nanos]),
  );

  it.each(CASES)('%s, %s: the charge is what Eden AI booked', async (_name, encoding, reply, nanos) => {
    for (const [path, body] of [
      ['/v3/chat/completions', CHAT],
      ['/v3/universal-ai', { model: 'ocr/financial_parser/mindee' }],
      ['/v3/embeddings', { input: 'Hello' }],
      ['/v3/chat/completions', { ...CHAT, ...STREAM }],
      ['/v3/responses', { input: 'Hello', ...STREAM }],
    ] as const) {
      const [url, init] = callOf(path, body, { ...reply, encoding });
      const result = await priced(async () => readAnswer(await fetch(url, init)));
      expectBooked(result, { amount: nanos, basis: nanos === 0 ? 'free' : 'reported' });
      standIn.eden.reset();
    }
  });

  it.each(ENCODINGS)('a body of 2 MB, %s', async (encoding) => {
    for (const costAt of ['start', 'end'] as const) {
      const [url, init] = callOf(
        '/v3/embeddings',
        { input: 'Hello' },
        { bodyBytes: 2e6, costUsd: COST, costAt, encoding },
      );
      const result = await priced(async () => {
        const { bytes } = await readAnswer(await fetch(url, init));
        expect(bytes.length).toBeGreaterThan(1e6);
      });
      expectBooked(result, { amount: 12_345_678, basis: 'reported' });
      standIn.eden.reset();
    }
  });

  it.each(ENCODINGS)('a body that stays large when it is compressed, %s', async (encoding) => {
    const body = { data: [{ b64_json: randomBytes(400_000).toString('base64') }], cost: Number(COST) };
    standIn.eden.script({ body, costUsd: COST, encoding });
    const [url, init] = callOf('/v3/images/generations', { prompt: 'a cat' }, {});
    delete (init.headers as Record<string, string>)['x-stand-in'];
    const result = await priced(async () => {
      expect(JSON.parse((await readAnswer(await fetch(url, init))).bytes.toString())).toEqual(body);
    });
    expectBooked(result, { amount: 12_345_678, basis: 'reported' });
  });

  const STRINGS: CostForm[] = ['number', 'string', 'exponent'];
  it.each(STRINGS)('the header of speech, as a %s', async (costAs) => {
    const [url, init] = callOf('/v3/audio/speech', { input: 'Hello' }, { costUsd: '0.00015', costAs });
    const result = await priced(async () => readAnswer(await fetch(url, init)));
    expectBooked(result, { amount: 150_000, basis: 'reported' });
  });
});

describe('a price', () => {
  it('is in the scope before the read that completes the answer returns', async () => {
    for (const encoding of ['identity', 'gzip'] as const) {
      const [url, init] = callOf('/v3/chat/completions', CHAT, { costUsd: COST, encoding });
      await meter.run({}, async () => {
        await (await fetch(url, init)).json();
        expect(meter.current()?.totalUsd).toBe(0.012345678);
      });
    }
  });

  it('of a stream is in the scope when its last event is read, although the caller stops at [DONE]', async () => {
    await meter.run({}, async () => {
      standIn.eden.script({ costUsd: COST });
      const stream = await early.openai.chat.completions.create({ ...CHAT, stream: true });
      for await (const _chunk of stream);
      expect(meter.current()?.totalNanos).toBe(12_345_678);
    });
  });
});
