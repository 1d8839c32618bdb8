import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage, RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished, Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { COPIES, useUndiciOrigins } from './undici-origins.js';

const origins = useUndiciOrigins();

const PATH = '/v3/chat/completions';
const JSON_TYPE = { 'content-type': 'application/json' };
const chat = (content: string, stream = false) =>
  JSON.stringify({ model: 'openai/gpt-4o', messages: [{ role: 'user', content }], ...(stream && { stream }) });
const SPENT = { budgets: [{ name: 'all', limitUsd: 0, window: 'total' as const }] };

/** Answers with a cost, and keeps what came. */
function recorded() {
  const bodies: string[] = [];
  const headers: IncomingMessage['headers'][] = [];
  const listener: RequestListener = async (request, response) => {
    headers.push(request.headers);
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk;
    bodies.push(body);
    response.writeHead(200, JSON_TYPE).end('{"cost":0.001}');
  };
  return { listener, bodies, headers };
}

/** Costs nothing to ask for, and stands for an answer that Eden AI refuses: a 402 in both cases. */
const refusing: RequestListener = (request, response) =>
  request.resume().on('end', () => response.writeHead(402, JSON_TYPE).end('{}'));

const wordsOf = (error: unknown): string => {
  const { name, message, code } = error as Error & { code?: unknown };
  return [name, code, message].filter(Boolean).join(' / ');
};
const outcome = (made: Promise<unknown>): Promise<unknown> => made.then((value) => value, wordsOf);

describe('a fetch whose body another wrapper changes before undici has it', () => {
  const original = globalThis.fetch;
  afterEach(() => {
    globalThis.fetch = original;
  });

  it.each([
    ['a chat', false],
    ['a stream', true],
  ])('sends what the wrapper made of it: %s', async (_kind, stream) => {
    const { listener, bodies } = recorded();
    globalThis.fetch = (input, init) =>
      original(input, { ...init, body: String(init?.body).replace('4111-1111', '****-****') });
    const { metered } = await origins(listener);
    const body = chat('the card 4111-1111', stream);
    await (await fetch(metered + PATH, { method: 'POST', headers: JSON_TYPE, body })).text();
    expect(bodies).toHaveLength(1);
    expect(bodies[0]).toContain('the card ****-****');
    expect(bodies[0]?.includes('include_usage')).toBe(stream);
  });
});

describe.each(COPIES)('a request of %s', (_name, undici) => {
  it('keeps headers that can be read only once', async () => {
    const { listener, headers } = recorded();
    const { metered, meter } = await origins(listener);
    const once = () => new Headers({ ...JSON_TYPE, authorization: 'Bearer of-the-app' }).entries();
    const { statusCode, body } = await undici.request(metered + PATH, {
      method: 'POST',
      headers: once() as never,
      body: chat('hello'),
    });
    await body.text();
    expect(statusCode).toBe(200);
    expect(headers[0]).toMatchObject({ authorization: 'Bearer of-the-app', 'content-type': 'application/json' });
    expect(meter.snapshot()).toMatchObject({ costNanos: 1_000_000 });
  });

  it.each([['a text'], [42]])('with %p for headers fails as without us', async (headers) => {
    const { bare, metered, meter } = await origins(recorded().listener);
    const call = (url: string) =>
      outcome(undici.request(url + PATH, { method: 'POST', headers: headers as never, body: chat('hello') }));
    expect(await call(metered)).toBe(await call(bare));
    expect(meter.snapshot()).toMatchObject({ callsInFlight: 0, costNanos: 0 });
  });

  it('whose body is longer than it says fails as without us, and is not read to its end', async () => {
    const { bare, metered, meter } = await origins(recorded().listener);
    const call = async (url: string) => {
      const chunk = Buffer.alloc(1_000, 'x');
      let taken = 0;
      const tooLong = new Readable({
        read() {
          taken += chunk.length;
          this.push(taken > 5_000_000 ? null : chunk);
        },
      });
      const headers = { ...JSON_TYPE, 'content-length': '100' };
      const failure = await outcome(undici.request(url + PATH, { method: 'POST', headers, body: tooLong }));
      return { failure, isDestroyed: tooLong.destroyed, tookLittle: taken < 1_000_000 };
    };
    const without = await call(bare);
    expect(without).toMatchObject({ isDestroyed: true, tookLittle: true });
    expect(await call(metered)).toEqual(without);
    expect(meter.snapshot()).toMatchObject({ callsInFlight: 0 });
  });

  it('that is denied reads an upload to its end, as a server does that refuses it', async () => {
    const { metered } = await origins(refusing, SPENT);
    const directory = await mkdtemp(join(tmpdir(), 'eden-cost-upload-'));
    const file = join(directory, 'sound.bin');
    await writeFile(file, Buffer.alloc(1_000_000, 65));
    const headers = { 'content-type': 'audio/mpeg' };
    try {
      const upload = createReadStream(file);
      const read = promisify(finished)(upload);
      const denied = await undici.request(metered + PATH, { method: 'POST', headers, body: upload });
      await denied.body.text();
      await read;
      expect(denied.statusCode).toBe(402);
      expect(upload.bytesRead).toBe(1_000_000);

      const answered: number[] = [];
      const through = undici.pipeline(metered + PATH, { method: 'POST', headers }, ({ statusCode, body }) => {
        answered.push(statusCode);
        return body;
      });
      await pipeline(createReadStream(file), through, new Writable({ write: (_chunk, _encoding, done) => done() }));
      expect(answered).toEqual([402]);
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  it('that is denied tells a handler that throws of its own error, as undici does', async () => {
    const { bare, metered } = await origins(refusing, SPENT);
    const refuse = ({ statusCode }: { statusCode: number }): never => {
      throw new Error(`no answer but ${statusCode}`);
    };
    const body = chat('hello');
    const post = { method: 'POST' as const, headers: { ...JSON_TYPE, 'content-length': String(body.length) }, body };
    const stream = (url: string) => outcome(undici.stream(url + PATH, post, refuse));
    const piped = (url: string) =>
      new Promise((resolve) => {
        const duplex = undici.pipeline(url + PATH, { method: 'POST', headers: JSON_TYPE }, refuse);
        duplex.on('error', (error) => resolve(wordsOf(error))).resume();
        duplex.end(body);
      });
    expect(await stream(metered)).toBe('Error / no answer but 402');
    expect(await stream(metered)).toBe(await stream(bare));
    expect(await piped(metered)).toBe(await piped(bare));
  });
});

describe.each(COPIES)('a handler of %s that throws at the end of an answer', (_name, undici) => {
  it('hears of its own error as without us, also where the end had to wait for its price', async () => {
    const body = gzipSync(JSON.stringify({ cost: 0.001, text: randomBytes(200_000).toString('base64') }));
    const headers = { ...JSON_TYPE, 'content-encoding': 'gzip' };
    const { bare, metered } = await origins((request, response) =>
      request.resume().on('end', () => response.writeHead(200, headers).end(body)),
    );
    const events = (url: string) =>
      new Promise<string[]>((resolve) => {
        const heard: string[] = [];
        const handler = {
          onConnect: () => {},
          onHeaders: () => true,
          onData: () => true,
          onComplete: () => {
            heard.push('complete');
            throw new Error('the handler throws');
          },
          onError: (error: Error) => resolve([...heard, error.message]),
        };
        const options = { origin: url, path: PATH, method: 'POST' as const, headers: JSON_TYPE, body: chat('hello') };
        undici.getGlobalDispatcher().dispatch(options, handler);
      });
    expect(await events(metered)).toEqual(await events(bare));
  });
});

describe('the fetch that the meter puts in place', () => {
  it('leaves a 402 of a path that costs nothing as it is, also in a scope: only a denial rejects', async () => {
    const { metered, meter } = await origins(refusing);
    const status = (path: string) => meter.run({}, async () => outcome(fetch(metered + path).then((it) => it.status)));
    expect(await status('/v3/models')).toBe(402);
    expect(meter.snapshot()).toMatchObject({ deniedCalls: 0, calls: 0 });
  });

  it('rejects what is no URL as without us, and takes as many arguments', async () => {
    const bare = globalThis.fetch;
    const without = await outcome(bare(Object.create(null)));
    const { meter } = await origins(recorded().listener);
    expect(globalThis.fetch.length).toBe(bare.length);
    const inScope = await meter.run({}, () => outcome(fetch(Object.create(null))));
    expect(inScope).toBe(without);
  });
});
