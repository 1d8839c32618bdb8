import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { ReplyOptions } from '@eden-cost/testing';
import OpenAI from 'openai';
import { CHAT, postInit, readAnswer } from '../support/calls.js';
import { hear, useMeteredEden } from '../support/meter.js';
import { useServers } from '../support/serve.js';
import { useTwins } from '../support/twins.js';

const PATH = '/v3/chat/completions';
const STREAM = { ...CHAT, stream: true };
const ASKED = { ...STREAM, stream_options: { include_usage: true } };
const COST = { costUsd: '0.012345678' };

describe('a chat stream', () => {
  const twins = useTwins();

  /** What travels, and how: none of it may reach the caller otherwise than it does without a meter. */
  const WAYS: [name: string, reply: ReplyOptions][] = [
    ['as Eden AI sends it', {}],
    ['with CRLF', { lineEnd: 'crlf' }],
    ['one byte at a time', { pieceBytes: 1 }],
    ['one byte at a time, with CRLF', { pieceBytes: 1, lineEnd: 'crlf' }],
    ['three bytes at a time', { pieceBytes: 3 }],
    ['all events in one piece', { joinEvents: true }],
    ['of 500 chunks', { chunks: 500 }],
    ['with the empty choices of OpenAI', { usageChoices: 'none' }],
    ['with metadata on its first chunk', { metadata: true }],
    ['with text of many alphabets', { text: '😀 naïve 東京 "quoted" \\ data: [DONE]\n\nevent: x', chunks: 9 }],
    ['with text that looks like a usage', { text: '{"usage":{"prompt_tokens":1},"cost":9,"choices":[]}', chunks: 2 }],
    ['without [DONE]', { withoutDone: true }],
    ['of a gateway that knows no stream_options', { ignoreStreamOptions: true }],
  ];

  it.each(WAYS)(
    '%s: a caller that did not ask for its usage sees every byte and none of the usage',
    async (_, reply) => {
      const meter = twins.meter({ rateCard: false });
      const told = hear(meter);
      for (const via of ['fetched', 'requested'] as const) {
        const { bare, metered } = await twins[via](PATH, postInit(STREAM, { reply: { ...COST, ...reply } }));
        expect(metered.bytes.toString()).toBe(bare.bytes.toString());
        expect(metered).toEqual(bare);
      }
      expect(twins.eden.requests().map(({ body }) => body)).toEqual([ASKED, ASKED]);
      if (!reply.ignoreStreamOptions) {
        expect(told.charge.map(({ amount, basis }) => [amount, basis])).toEqual([
          [12_345_678, 'reported'],
          [12_345_678, 'reported'],
        ]);
      }
    },
  );

  it.each(WAYS)('%s: a caller that asked sees what was sent, by hash', async (_name, reply) => {
    const meter = twins.meter({ rateCard: false });
    for (const via of ['fetched', 'requested'] as const) {
      const { bare, metered } = await twins[via](PATH, postInit(ASKED, { reply: { ...COST, ...reply } }));
      expect(metered).toEqual(bare);
    }
    if (!reply.ignoreStreamOptions) expect(meter.snapshot().costNanos).toBe(2 * 12_345_678);
  });

  it.each<[string, ReplyOptions]>([
    ['is on the chunk with the finish_reason', { usageOn: 'finish' }],
    ['has a key that nobody knows', { usageExtra: { surprise: 1 } }],
    [
      'has a choice that says something',
      { usageExtra: { choices: [{ index: 0, delta: { content: '!' }, finish_reason: null }] } },
    ],
    ['comes in gzip', { encoding: 'gzip' }],
  ])('whose usage %s: no event of it is lost', async (_name, reply) => {
    twins.meter({ rateCard: false });
    const { metered } = await twins.fetched(PATH, postInit(STREAM, { reply: { ...COST, ...reply } }));
    const { bare: asked } = await twins.fetched(PATH, postInit(ASKED, { reply: { ...COST, ...reply } }));
    const eventsOf = (bytes: Buffer) =>
      bytes
        .toString()
        .replace(/chatcmpl-\d+/g, 'chatcmpl')
        .replace(/"prompt_tokens":\d+|"total_tokens":\d+/g, '')
        .split('\n\n')
        .filter(Boolean);
    const missing = eventsOf(asked.bytes).filter((event) => !eventsOf(metered.bytes).includes(event));
    expect(missing).toEqual([]);
  });

  it('that says include_usage: false is left alone, and booked at its estimate', async () => {
    const meter = twins.meter({ rateCard: false });
    const told = hear(meter);
    const body = { ...STREAM, stream_options: { include_usage: false } };
    const { bare, metered } = await twins.requested(PATH, postInit(body, { reply: COST }));
    expect(metered).toEqual(bare);
    expect(twins.eden.requests().map(({ bodyText }) => bodyText)).toEqual([JSON.stringify(body)]);
    expect(told.charge).toMatchObject([{ amount: 10_000_000, basis: 'estimated' }]);
  });

  it("is left alone with streamUsage: 'leave'", async () => {
    const meter = twins.meter({ rateCard: false, streamUsage: 'leave' });
    const { bare, metered } = await twins.requested(PATH, postInit(STREAM, { reply: COST }));
    expect(metered).toEqual(bare);
    expect(twins.eden.requests()[0]?.bodyText).toBe(JSON.stringify(STREAM));
    expect(meter.snapshot()).toMatchObject({ unpricedCalls: 1 });
  });

  it.each([400, 422] as const)(
    'of a gateway that answers stream_options with %s arrives whole: one more request for the first call, none for the second',
    async (rejectStreamOptions) => {
      const meter = twins.meter({ rateCard: false });
      const told = hear(meter);
      const init = postInit(STREAM, { reply: { ...COST, rejectStreamOptions } });
      const first = await twins.requested(PATH, init);
      expect(first.metered.status).toBe(200);
      expect(textOf(first.metered.bytes)).toBe(textOf(first.bare.bytes));
      expect(twins.eden.requests().map(({ status, bodyText }) => [status, bodyText])).toEqual([
        [rejectStreamOptions, JSON.stringify(ASKED)],
        [200, JSON.stringify(STREAM)],
      ]);
      const second = await twins.requested(PATH, init);
      expect(textOf(second.metered.bytes)).toBe(textOf(second.bare.bytes));
      expect(twins.eden.books().requests).toBe(3);
      // another model of the same gateway is asked again
      await twins.requested(PATH, postInit({ ...STREAM, model: 'openai/gpt-4o-mini' }, { reply: COST }));
      expect(twins.eden.requests().at(-1)?.body).toMatchObject({ stream_options: { include_usage: true } });
      expect(told.charge.map(({ basis }) => basis)).toEqual(['estimated', 'estimated', 'reported']);
      expect(meter.snapshot()).toMatchObject({ calls: 3, failedCalls: 0, callsInFlight: 0 });
    },
  );

  it('that is wrong for a reason of its own fails as without us, and the next one is asked again', async () => {
    const meter = twins.meter({ rateCard: false });
    const told = hear(meter);
    const wrong = await twins.requested(
      PATH,
      postInit(STREAM, { reply: { status: 422, errorMessage: 'no such tool' } }),
    );
    expect(wrong.metered).toEqual(wrong.bare);
    const right = await twins.requested(PATH, postInit(STREAM, { reply: COST }));
    expect(textOf(right.metered.bytes)).toBe(textOf(right.bare.bytes));
    expect(told.charge).toMatchObject([{ amount: 12_345_678, basis: 'reported' }]);
    expect(meter.snapshot()).toMatchObject({ calls: 2, failedCalls: 1 });
  });

  /** The stand-in numbers its answers. */
  const textOf = (bytes: Buffer) => bytes.toString().replace(/chatcmpl-\d+/g, 'chatcmpl');
});

describe('any other answer', () => {
  const twins = useTwins();
  const ANSWERS: [name: string, path: string, body: object, reply?: ReplyOptions][] = [
    ['chat', PATH, CHAT],
    ['chat in br', PATH, CHAT, { encoding: 'br' }],
    ['chat, chunked', PATH, CHAT, { chunked: true }],
    ['chat of 1 MB', PATH, CHAT, { bodyBytes: 1e6 }],
    ['a response stream', '/v3/responses', { input: 'Hello', stream: true }],
    ['a message stream', '/v3/v1/messages', { ...STREAM, max_tokens: 9 }],
    ['speech', '/v3/audio/speech', { input: 'Hello', voice: 'alloy' }],
    ['speech of 1 MB in chunks', '/v3/audio/speech', { input: 'Hello', stream_format: 'audio' }, { bodyBytes: 1e6 }],
    ['embeddings', '/v3/embeddings', { input: ['a', 'b'] }],
    ['an error of 404', PATH, CHAT, { status: 404 }],
    ['an error of 429', PATH, CHAT, { status: 429, retryAfter: 3 }],
    ['an error of 500', PATH, CHAT, { status: 500 }],
    ['a redirect that is not followed', PATH, CHAT, { status: 304 }],
    ['an empty answer', PATH, CHAT, { body: '' }],
    ['a list of models', '/v3/models', {}],
  ];

  it.each(ANSWERS)('%s is the same by hash, status and headers', async (...[, path, body, reply]) => {
    twins.meter({ rateCard: false });
    const init = path === '/v3/models' ? { method: 'GET' } : postInit(body, { reply: { ...COST, ...reply } });
    for (const via of ['fetched', 'requested'] as const) {
      const { bare, metered } = await twins[via](path, init);
      expect(metered).toEqual(bare);
    }
  });

  it("Eden AI's own 402 has one header more, x-eden-cost-denial, and nothing else", async () => {
    const meter = twins.meter({ rateCard: false });
    const { bare, metered } = await twins.requested(PATH, postInit(CHAT, { reply: { status: 402 } }));
    const added = metered.headers?.filter(([name]) => !bare.headers?.some(([other]) => other === name));
    expect(added).toEqual([['x-eden-cost-denial', expect.stringMatching(/^[\w-]{36}$/)]]);
    expect(metered.bytes).toEqual(bare.bytes);
    expect(metered.status).toBe(402);
    expect(meter.snapshot()).toMatchObject({ costNanos: 0 });
  });
});

describe('a request', () => {
  const metered = useMeteredEden();
  const serve = useServers();

  interface Received {
    readonly method: string | undefined;
    readonly url: string | undefined;
    readonly rawHeaders: string[];
    /** One character for each byte. */
    readonly body: string;
  }

  /** Records what arrives, to the byte, first without a meter and then with one. */
  async function received(send: (url: string) => Promise<unknown>): Promise<[without: Received, with_: Received]> {
    const seen: Received[] = [];
    const { url } = await serve(async (req: IncomingMessage, res: ServerResponse) => {
      const { method, url: target, rawHeaders } = req;
      seen.push({ method, url: target, rawHeaders, body: (await buffer(req)).toString('latin1') });
      res.setHeader('content-type', 'application/json').end('{"cost":0.0123}');
    });
    await send(url);
    const meter = metered.meter({ baseUrls: [url], rateCard: false });
    await send(url);
    expect(meter.snapshot()).toMatchObject({ calls: 1, costNanos: 12_300_000 });
    return seen as [Received, Received];
  }

  const post =
    (body: string | Buffer, headers: Record<string, string> = {}) =>
    async (url: string) => {
      const init = { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } };
      await readAnswer(await fetch(`${url}${PATH}?trace=1`, init));
    };

  it.each<[string, (url: string) => Promise<unknown>]>([
    ['of JSON', post(JSON.stringify(CHAT))],
    ['with odd spacing, order and numbers', post(' { "seed" : 12345678901234567890,\n"model":"x" , "n":1.0 }\r\n')],
    [
      'with headers of its own',
      post(JSON.stringify(CHAT), { authorization: 'Bearer sk-eden-1', 'x-Trace': 'a', accept: 'x/y' }),
    ],
    ['of bytes', post(Buffer.from([0x7b, 0xff, 0x00, 0x7d]))],
    ['that is no JSON', post('{"model": "x", "messages": [')],
    ['of 3 MB', post(JSON.stringify({ ...CHAT, image: 'A'.repeat(3e6) }))],
    ['with a Request object', async (url) => readAnswer(await fetch(new Request(`${url}${PATH}`, postInit(CHAT))))],
    ['with a URL object', async (url) => readAnswer(await fetch(new URL(`${url}${PATH}`), postInit(CHAT)))],
    [
      'of a stream whose length nobody knows',
      async (url) => {
        const body = new Blob([JSON.stringify(CHAT)]).stream();
        await readAnswer(await fetch(`${url}${PATH}`, { method: 'POST', body, duplex: 'half' } as RequestInit));
      },
    ],
    [
      'of the openai SDK',
      async (url) => {
        const openai = new OpenAI({ baseURL: `${url}/v3`, apiKey: 'any', maxRetries: 0 });
        await openai.chat.completions.create(CHAT);
      },
    ],
    ['without a body', async (url) => readAnswer(await fetch(`${url}/v3/brand/new`, { method: 'GET' }))],
  ])('%s arrives byte for byte, and header for header', async (_name, send) => {
    const [without, with_] = await received(send);
    expect(with_).toEqual(without);
  });

  it('of a form with a file arrives whole', async () => {
    const file = Buffer.from(Array.from({ length: 100_000 }, (_, index) => (index * 31) % 256));
    const [without, with_] = await received(async (url) => {
      const form = new FormData();
      form.set('model', 'openai/whisper-1');
      form.set('file', new Blob([file]), 'a.bin');
      await readAnswer(await fetch(`${url}/v3/audio/transcriptions`, { method: 'POST', body: form }));
    });
    // the boundary is random
    const plain = ({ body }: Received) => body.replace(/------formdata-undici-\d+/g, '--');
    expect(hash(plain(with_))).toBe(hash(plain(without)));
  });

  it.each<[string, string, string]>([
    [
      'at the end',
      '{"model":"x","stream":true}',
      '{"model":"x","stream":true,"stream_options":{"include_usage":true}}',
    ],
    [
      'with odd spacing and numbers',
      ' { "stream" : true , "seed":12345678901234567890 }\n',
      ' { "stream" : true , "seed":12345678901234567890 ,"stream_options":{"include_usage":true}}\n',
    ],
    [
      'in the options that are there',
      '{"stream_options":{"x":1},"stream":true}',
      '{"stream_options":{"include_usage":true,"x":1},"stream":true}',
    ],
    [
      'in options that are null',
      '{"stream":true,"stream_options":null}',
      '{"stream":true,"stream_options":{"include_usage":true}}',
    ],
  ])(
    'for a streamed chat has its question %s, and not another byte or header changed',
    async (_name, sent, arrives) => {
      const [without, with_] = await received(post(sent));
      expect(without.body).toBe(sent);
      expect(with_.body).toBe(arrives);
      const others = ({ rawHeaders }: Received) =>
        pairs(rawHeaders).filter(([name]) => !['accept-encoding', 'content-length'].includes(name));
      expect(others(with_)).toEqual(others(without));
      const headers = new Map(pairs(with_.rawHeaders));
      expect(headers.get('accept-encoding')).toBe('identity');
      expect(headers.get('content-length')).toBe(String(Buffer.byteLength(arrives)));
      expect(pairs(with_.rawHeaders)).toHaveLength(pairs(without.rawHeaders).length);
    },
  );

  it.each<[string, string]>([
    ['that asks for its usage itself', '{"stream":true,"stream_options":{"include_usage":true}}'],
    ['that does not want it', '{"stream":true,"stream_options":{"include_usage":false}}'],
    ['that is not streamed', '{"stream":false}'],
    ['that only says the word', '{"messages":[{"content":"\\"stream\\":true"}]}'],
    ['that is no whole JSON', '{"stream":true'],
  ])('for a chat %s is not changed', async (_name, sent) => {
    const [without, with_] = await received(post(sent));
    expect(with_).toEqual(without);
  });
});

const hash = (text: string): string => createHash('sha256').update(text, 'latin1').digest('hex');

const pairs = (rawHeaders: string[]): [string, string][] =>
  Array.from({ length: rawHeaders.length / 2 }, (_, index) => [
    String(rawHeaders[2 * index]).toLowerCase(),
    String(rawHeaders[2 * index + 1]),
  ]);
