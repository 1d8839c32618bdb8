import { request } from 'node:http';
import { type EdenStandIn, type ReplyOptions, standInHeaders, startEdenStandIn } from './index.js';

let eden: EdenStandIn;
beforeAll(async () => {
  eden = await startEdenStandIn();
});
afterEach(() => eden.reset());
afterAll(() => eden.close());

interface Asked {
  path?: string;
  includeUsage?: boolean;
  signal?: AbortSignal;
  accept?: string;
}

const ask = (
  options: ReplyOptions,
  { path = '/v3/chat/completions', includeUsage = true, signal, accept }: Asked = {},
) =>
  fetch(eden.url + path, {
    method: 'POST',
    headers: { ...standInHeaders(options), ...(accept !== undefined && { 'accept-encoding': accept }) },
    body: JSON.stringify({
      ...{ messages: [{ role: 'user', content: 'Hello' }], stream: true },
      ...(includeUsage && { stream_options: { include_usage: true } }),
    }),
    ...(signal && { signal }),
  });

/** As node:http hands them out: one piece for each that was written. */
const piecesOf = (options: ReplyOptions): Promise<Buffer[]> =>
  new Promise((resolve, reject) => {
    const init = { method: 'POST', headers: standInHeaders(options) };
    const outgoing = request(`${eden.baseUrl}/chat/completions`, init, (response) => {
      const pieces: Buffer[] = [];
      response.on('data', (piece) => pieces.push(piece)).on('end', () => resolve(pieces));
    });
    outgoing.on('error', reject).end('{"stream":true}');
  });

const events = (text: string): Record<string, unknown>[] =>
  text
    .split(/\r?\n\r?\n/)
    .map((block) => /^data: (.*)$/m.exec(block)?.[1])
    .filter((data): data is string => data !== undefined && data !== '[DONE]')
    .map((data) => JSON.parse(data));

async function readAll(response: Response): Promise<{ text: string; error: unknown }> {
  const pieces: Uint8Array[] = [];
  let error: unknown;
  try {
    for await (const piece of response.body as unknown as AsyncIterable<Uint8Array>) pieces.push(piece);
  } catch (caught) {
    error = caught;
  }
  return { text: Buffer.concat(pieces).toString(), error };
}

describe('a chat stream', () => {
  it('has its cost on the last chunk before [DONE]', async () => {
    const text = await (await ask({ costUsd: 0.0123 })).text();
    expect(text).toMatch(/"cost":0\.0123\}\n\ndata: \[DONE\]\n\n$/);
    expect(eden.books().charges[0]).toMatchObject({ nanos: 12_300_000, rawCost: '0.0123', streamed: true });
  });

  it('has as many chunks as it is told to', async () => {
    const chunks = events(await (await ask({ chunks: 200 })).text());
    expect(chunks).toHaveLength(1 + 200 + 1 + 1);
  });

  it('can have "usage": null on the other chunks', async () => {
    const chunks = events(await (await ask({ usageNull: true })).text());
    expect(chunks.slice(0, -1).every(({ usage }) => usage === null)).toBe(true);
    expect(chunks.at(-1)?.usage).toMatchObject({ prompt_tokens: expect.any(Number) });
    const unasked = events(await (await ask({ usageNull: true }, { includeUsage: false })).text());
    expect(unasked.some((chunk) => 'usage' in chunk)).toBe(false);
  });

  it('can have its usage on every chunk, or with the finish_reason', async () => {
    const every = events(await (await ask({ usageOn: 'every' })).text());
    expect(every.every(({ usage }) => usage !== null && usage !== undefined)).toBe(true);
    expect(every.filter((chunk) => 'cost' in chunk)).toHaveLength(1);
    const costs = events(await (await ask({ usageOn: 'every', costSoFarUsd: 0, costUsd: 1 })).text()).map(
      ({ cost }) => cost,
    );
    expect([costs.at(0), costs.at(-2), costs.at(-1)]).toEqual([0, 0, 1]);
    const finish = events(await (await ask({ usageOn: 'finish' })).text());
    expect(finish.at(-1)).toMatchObject({ choices: [{ finish_reason: 'stop' }], cost: expect.any(Number) });
  });

  it("can have OpenAI's empty choices and unknown keys on the usage chunk", async () => {
    const last = events(await (await ask({ usageChoices: 'none', usageExtra: { surprise: 1 } })).text()).at(-1);
    expect(last).toMatchObject({ choices: [], surprise: 1 });
  });

  it('can leave stream_options unanswered, and end without [DONE]', async () => {
    const text = await (await ask({ ignoreStreamOptions: true, withoutDone: true })).text();
    expect(text).not.toMatch(/cost|usage|DONE/);
  });

  it.each([400, 422] as const)('can reject stream_options with %s', async (status) => {
    const refused = await ask({ rejectStreamOptions: status });
    expect(refused.status).toBe(status);
    await refused.text();
    const plain = await ask({ rejectStreamOptions: status }, { includeUsage: false });
    expect(plain.status).toBe(200);
    await plain.text();
    expect(eden.books().charges).toHaveLength(1);
  });

  it('carries its metadata on the first chunk', async () => {
    const chunks = events(await (await ask({ metadata: true, byok: true })).text());
    expect(chunks[0]?.edenai_metadata).toMatchObject({ is_byok: true });
    expect(chunks.slice(1).some((chunk) => 'edenai_metadata' in chunk)).toBe(false);
    expect(eden.books().totalNanos).toBe(0);
  });
});

describe('other streams', () => {
  it('/responses says its cost in response.completed only', async () => {
    const text = await (await ask({ costUsd: 0.02 }, { path: '/v3/responses' })).text();
    const all = events(text);
    expect(all.at(-1)).toMatchObject({ type: 'response.completed', response: { usage: { cost: 0.02 } } });
    expect(text.match(/"cost"/g)).toHaveLength(1);
    expect(text).toMatch(/^event: response\.created\n/);
    expect(text).not.toContain('[DONE]');
  });

  it('/v1/messages says its tokens and no cost', async () => {
    const text = await (
      await ask({ inputTokens: 20, outputTokens: 7, cachedTokens: 5 }, { path: '/v3/v1/messages' })
    ).text();
    const all = events(text);
    expect(all[0]).toMatchObject({
      type: 'message_start',
      message: { usage: { input_tokens: 15, cache_read_input_tokens: 5, cache_creation_input_tokens: 0 } },
    });
    expect(all.find(({ type }) => type === 'message_delta')).toMatchObject({ usage: { output_tokens: 7 } });
    expect(all.at(-1)).toEqual({ type: 'message_stop' });
    expect(text).not.toContain('cost');
    expect(eden.books().totalNanos).toBeGreaterThan(0);
  });
});

describe('how a stream travels', () => {
  it('can have CRLF line ends', async () => {
    const text = await (await ask({ lineEnd: 'crlf' })).text();
    expect(text.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
    expect(events(text).at(-1)).toHaveProperty('cost');
  });

  it('can come one byte at a time', async () => {
    const pieces = await piecesOf({ pieceBytes: 1, text: '5 €' });
    expect(pieces.every(({ length }) => length === 1)).toBe(true);
    expect(Buffer.concat(pieces).toString()).toContain('€');
  });

  it('can be cut into pieces at chosen bytes, inside a character too', async () => {
    const options = { text: '€', chunks: 1, joinEvents: true };
    const [whole = Buffer.alloc(0), ...more] = await piecesOf(options);
    expect(more).toEqual([]);
    const inside = whole.indexOf('€') + 1;
    const pieces = await piecesOf({ ...options, splitAt: [inside, inside + 9] });
    expect(pieces.map(({ length }) => length)).toEqual([inside, 9, whole.length - inside - 9]);
  });

  it.each(['gzip', 'br', 'deflate'] as const)('can be encoded with %s, piece by piece', async (encoding) => {
    let release = () => {};
    const hold = new Promise<void>((resolve) => {
      release = resolve;
    });
    eden.script({ encoding, hold, holdAfterEvents: 2 });
    const body = JSON.stringify({ stream: true });
    const response = await fetch(`${eden.baseUrl}/chat/completions`, { method: 'POST', body });
    expect(response.headers.get('content-encoding')).toBe(encoding);
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    expect(Buffer.from((await reader.read()).value ?? []).toString()).toMatch(/^data: /);
    release();
    while (!(await reader.read()).done);
  });

  it('is not encoded when nobody insists', async () => {
    const response = await ask({}, { accept: 'gzip, br' });
    expect(response.headers.get('content-encoding')).toBeNull();
    await response.text();
  });

  it('can hold back what follows an event', async () => {
    let release = () => {};
    const hold = new Promise<void>((resolve) => {
      release = resolve;
    });
    eden.script({ hold, holdAfterEvents: 1, chunks: 1 });
    const response = await fetch(`${eden.baseUrl}/chat/completions`, { method: 'POST', body: '{"stream":true}' });
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    await reader.read();
    expect(eden.requests()[0]).toMatchObject({ status: 200, outcome: 'open' });
    release();
    while (!(await reader.read()).done);
    await eden.idle();
    expect(eden.requests()[0]).toMatchObject({ outcome: 'complete' });
  });
});

describe('streams that go wrong', () => {
  it('a stream cut after some events is billed in full', async () => {
    const { text, error } = await readAll(await ask({ cutAfterEvents: 2, costUsd: 0.05 }));
    expect(error).toBeDefined();
    expect(events(text)).toHaveLength(2);
    await eden.idle();
    expect(eden.books().totalNanos).toBe(50_000_000);
    expect(eden.requests()[0]?.outcome).toBe('cut');
  });

  it('a stream can be cut after some bytes', async () => {
    const { text, error } = await readAll(await ask({ cutAfterBytes: 100 }));
    expect(error).toBeDefined();
    expect(text).toHaveLength(100);
    expect(eden.requests()[0]?.bytesSent).toBe(100);
  });

  it.each<[string, unknown]>([
    ['/v3/chat/completions', { error: { message: 'Provider error', type: 'api_error' } }],
    ['/v3/v1/messages', { type: 'error', error: { type: 'api_error', message: 'Provider error' } }],
  ])('an error can come as a frame of %s', async (path, expected) => {
    const text = await (await ask({ errorFrameAfterEvents: 2, metadata: true }, { path })).text();
    const all = events(text);
    expect(all).toHaveLength(3);
    expect(all[2]).toMatchObject(expected as object);
    expect(all[2]?.edenai_metadata).toMatchObject({ attempts: [{ status: 500 }] });
    expect(text).not.toContain('[DONE]');
  });

  it('the usage chunk can be malformed', async () => {
    const text = await (await ask({ malformed: true })).text();
    expect(() => events(text)).toThrow(SyntaxError);
    expect(text).toContain('[DONE]');
  });

  it('a stream that its caller aborts is billed', async () => {
    const controller = new AbortController();
    const hold = new Promise(() => {});
    eden.script({ hold, holdAfterEvents: 1, costUsd: 0.07 });
    const response = await fetch(`${eden.baseUrl}/chat/completions`, {
      ...{ method: 'POST', body: '{"stream":true}', signal: controller.signal },
    });
    await (response.body as ReadableStream).getReader().read();
    controller.abort();
    await eden.idle();
    expect(eden.books().totalNanos).toBe(70_000_000);
    expect(eden.requests()[0]?.outcome).toBe('aborted');
  });
});
