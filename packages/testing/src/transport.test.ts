import { request } from 'node:http';
import zlib, { brotliDecompressSync, gunzipSync, inflateRawSync, inflateSync } from 'node:zlib';
import {
  type EdenStandIn,
  type Encoding,
  manualClock,
  type ReplyOptions,
  standInHeaders,
  startEdenStandIn,
} from './index.js';

let eden: EdenStandIn;
const clock = manualClock();
beforeAll(async () => {
  eden = await startEdenStandIn({ clock });
});
afterEach(() => eden.reset());
afterAll(() => eden.close());

interface Raw {
  headers: Record<string, unknown>;
  body: Buffer;
  complete: boolean;
}

/** node:http, which decodes nothing. */
const raw = (options: ReplyOptions, acceptEncoding?: string): Promise<Raw> =>
  new Promise((resolve, reject) => {
    const outgoing = request(`${eden.baseUrl}/chat/completions`, {
      method: 'POST',
      headers: {
        ...standInHeaders(options),
        ...(acceptEncoding !== undefined && { 'accept-encoding': acceptEncoding }),
      },
    });
    outgoing.on('error', reject);
    outgoing.on('response', (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part) => parts.push(part));
      response.on('error', () => {});
      response.on('close', () =>
        resolve({ headers: response.headers, body: Buffer.concat(parts), complete: response.complete }),
      );
    });
    outgoing.end('{}');
  });

/** Since Node 22.15. */
const { zstdDecompressSync } = zlib as { zstdDecompressSync?: (bytes: Buffer) => Buffer };
const HAS_ZSTD = zstdDecompressSync !== undefined;

const DECODERS: Record<string, (bytes: Buffer) => Buffer> = {
  gzip: gunzipSync,
  br: brotliDecompressSync,
  deflate: inflateSync,
  'deflate-raw': inflateRawSync,
  identity: (b: Buffer) => b,
  ...(HAS_ZSTD && { zstd: zstdDecompressSync }),
};

describe('encodings', () => {
  it.each([
    ['gzip, deflate, br, zstd', HAS_ZSTD ? 'zstd' : 'br'],
    ['gzip, deflate, br', 'br'],
    ['gzip, deflate', 'gzip'],
    ['deflate', 'deflate'],
    ['br;q=0, gzip;q=0.5', 'gzip'],
    ['*', HAS_ZSTD ? 'zstd' : 'br'],
    ['identity', undefined],
    [undefined, undefined],
  ])('accept-encoding %j is answered with %s', async (accept, encoding) => {
    expect((await raw({}, accept)).headers['content-encoding']).toBe(encoding);
  });

  it.each(Object.entries(DECODERS))('%s can be forced on a caller', async (encoding, decode) => {
    const { body, complete } = await raw({ encoding: encoding as Encoding, costUsd: 1 });
    expect(complete).toBe(true);
    expect(JSON.parse(decode(body).toString()).cost).toBe(1);
  });

  it('an encoded body can be truncated in a message that is complete', async () => {
    const { body, complete } = await raw({ encoding: 'gzip', truncateTo: 40 });
    expect(complete).toBe(true);
    expect(body).toHaveLength(40);
    expect(() => gunzipSync(body)).toThrow();
  });
});

describe('bodies', () => {
  it('have a length, or are chunked', async () => {
    expect(Number((await raw({})).headers['content-length'])).toBeGreaterThan(0);
    expect((await raw({ chunked: true })).headers).toMatchObject({ 'transfer-encoding': 'chunked' });
  });

  it('can be cut before they end', async () => {
    const { body, complete } = await raw({ cutAfterBytes: 10, costUsd: 0.1 });
    expect(complete).toBe(false);
    expect(body).toHaveLength(10);
    expect(eden.books().totalNanos).toBe(100_000_000);
  });

  it('can be malformed', async () => {
    const { body } = await raw({ malformed: true });
    expect(() => JSON.parse(body.toString())).toThrow(SyntaxError);
  });

  it('can be anything', async () => {
    expect((await raw({ body: '<html>' })).body.toString()).toBe('<html>');
    expect((await raw({ body: { cost: 5 }, status: 201 })).body.toString()).toBe('{"cost":5}');
  });

  it('can have further keys, and headers', async () => {
    const { headers, body } = await raw({ extra: { canary: 'yellow' }, headers: { 'x-canary': 'yellow' } });
    expect(headers['x-canary']).toBe('yellow');
    expect(JSON.parse(body.toString()).canary).toBe('yellow');
  });

  it('wait for a reader that is slow', async () => {
    const size = 64 * 1024 * 1024;
    const response = await fetch(`${eden.baseUrl}/audio/speech`, {
      method: 'POST',
      headers: standInHeaders({ bodyBytes: size }),
      body: '{}',
    });
    await (response.body as ReadableStream).cancel();
    await eden.idle();
    expect(eden.requests()[0]).toMatchObject({ outcome: 'aborted', status: 200 });
    expect(eden.requests()[0]?.bytesSent).toBeLessThan(size);
  });
});

describe('connections', () => {
  const post = (options: ReplyOptions, signal?: AbortSignal) =>
    fetch(`${eden.baseUrl}/chat/completions`, {
      method: 'POST',
      headers: standInHeaders(options),
      body: '{}',
      ...(signal && { signal }),
    });

  it('can be reset before the headers, which is not billed unless a test says so', async () => {
    await expect(post({ reset: 'before-headers' })).rejects.toMatchObject({ cause: { code: 'ECONNRESET' } });
    await eden.idle();
    expect(eden.books().charges).toEqual([]);
    expect(eden.requests()[0]).toMatchObject({ outcome: 'cut' });
    expect(eden.requests()[0]?.status).toBeUndefined();
    await expect(post({ reset: 'before-headers', billed: true, costUsd: 1 })).rejects.toThrow();
    expect(eden.books().totalUsd).toBe(1);
  });

  it('can be lost after the headers, which is billed', async () => {
    const response = await post({ reset: 'after-headers', costUsd: 0.2 });
    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow();
    expect(eden.books().totalNanos).toBe(200_000_000);
  });

  it('an answer comes after its latency', async () => {
    let answered = false;
    const pending = post({ latencyMs: 500 }).then((response) => {
      answered = true;
      return response.text();
    });
    await eden.received(1);
    await clock.advanceAsync(499);
    expect(answered).toBe(false);
    expect(eden.books().charges).toEqual([]);
    await clock.advanceAsync(1);
    await pending;
    expect(eden.books().charges[0]?.at).toBe(clock.now());
  });

  it('events come with a delay between them', async () => {
    const response = await fetch(`${eden.baseUrl}/chat/completions`, {
      method: 'POST',
      headers: { 'x-stand-in': '{"chunkDelayMs":100,"chunks":1}' },
      body: '{"stream":true}',
    });
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    let count = 0;
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      count += 1;
      expect(clock.pending).toBeLessThanOrEqual(1);
      await clock.advanceAsync(100);
    }
    expect(count).toBe(4);
    expect(clock.pending).toBe(0);
  });

  it('a caller that leaves before the headers is not billed, and leaves no timer behind', async () => {
    const controller = new AbortController();
    const pending = post({ latencyMs: 1000 }, controller.signal);
    await eden.received(1);
    expect(clock.pending).toBe(1);
    controller.abort();
    await expect(pending).rejects.toThrow('aborted');
    await eden.idle();
    expect(clock.pending).toBe(0);
    expect(eden.books().charges).toEqual([]);
    expect(eden.requests()[0]?.outcome).toBe('aborted');
  });

  it('a caller that leaves before the headers is billed when a test says so', async () => {
    const controller = new AbortController();
    const pending = post({ latencyMs: 1000, billed: true, costUsd: 0.3 }, controller.signal);
    await eden.received(1);
    controller.abort();
    await expect(pending).rejects.toThrow('aborted');
    await eden.idle();
    expect(eden.books().totalNanos).toBe(300_000_000);
  });

  it('a held answer comes when its promise has settled, even if it fails', async () => {
    let fail = (_: Error) => {};
    const hold = new Promise((_, reject) => {
      fail = reject;
    });
    eden.script({ hold });
    const pending = fetch(`${eden.baseUrl}/chat/completions`, { method: 'POST', body: '{}' });
    await eden.received(1);
    expect(eden.requests()[0]?.status).toBeUndefined();
    fail(new Error('now'));
    expect((await pending).status).toBe(200);
  });
});
