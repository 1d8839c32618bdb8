import { once } from 'node:events';
import http, { type ClientRequest, type RequestListener, type RequestOptions } from 'node:http';
import { PassThrough, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import FormData from 'form-data';
import { turnsUntil } from '../support/turns.js';
import { type Arrived, answerCost, arrived, COST_NANOS, follow, useOrigins } from './http-origins.js';

const origins = useOrigins();

const MIB = 1024 * 1024;
const TEXT = '{"model":"any","text":"déjà vu"}';
const JSON_TYPE = { 'content-type': 'application/json' };

/** Sends a request to both, and tells what arrived and what the caller saw. */
async function sendBoth(send: (request: ClientRequest) => unknown, options: RequestOptions = {}) {
  const received: Arrived[] = [];
  const { bare, metered, meter } = await origins(async (request, response) => {
    received.push(await arrived(request));
    answerCost(response);
  });
  const stories = [];
  for (const url of [bare, metered]) {
    const request = http.request(`${url}/v3/brand/new`, { method: 'POST', agent: false, ...options });
    const story = follow(request);
    await send(request);
    stories.push(await story);
  }
  const [bareStory, meteredStory] = stories;
  const [bareArrived, meteredArrived] = received;
  expect(received).toHaveLength(2);
  expect({ arrived: meteredArrived, story: meteredStory }).toEqual({ arrived: bareArrived, story: bareStory });
  expect(meter.snapshot()).toMatchObject({ calls: 1, costNanos: COST_NANOS, callsInFlight: 0 });
  return meteredArrived as Arrived;
}

const written = (request: ClientRequest, chunk: string | Buffer): Promise<void> =>
  new Promise((resolve) => request.write(chunk, () => resolve()));

const WAYS: Record<string, { send: (request: ClientRequest) => unknown; options?: RequestOptions }> = {
  'given to end as a string': { send: (request) => request.end(TEXT) },
  'given to end as bytes': { send: (request) => request.end(Buffer.from(TEXT)) },
  'given to end as a Uint8Array': { send: (request) => request.end(new Uint8Array(Buffer.from(TEXT))) },
  'given to end in another encoding': { send: (request) => request.end(TEXT, 'latin1') },
  'given to end in hex': { send: (request) => request.end(Buffer.from(TEXT).toString('hex'), 'hex') },
  'given to end with a callback': { send: (request) => new Promise<void>((done) => request.end(TEXT, done)) },
  'that is empty': { send: (request) => request.end() },
  'that is empty, with a callback': { send: (request) => new Promise<void>((done) => request.end(done)) },
  'written in one piece': {
    send: (request) => {
      request.write(TEXT);
      request.end();
    },
  },
  'written in pieces, of several encodings': {
    send: (request) => {
      request.write(TEXT);
      request.write(Buffer.from(TEXT).toString('base64'), 'base64');
      request.write('é', 'latin1');
      request.end(Buffer.from(TEXT));
    },
  },
  'written over several turns': {
    async send(request) {
      for (let piece = 0; piece < 5; piece++) {
        request.write(TEXT);
        await nextTurn();
      }
      request.end();
    },
  },
  'whose writer waits for each piece before the next': {
    async send(request) {
      for (let piece = 0; piece < 5; piece++) await written(request, TEXT);
      request.end();
    },
  },
  'whose writer uses the same memory for each piece': {
    async send(request) {
      const memory = Buffer.alloc(1_000);
      for (let piece = 0; piece < 5; piece++) await written(request, memory.fill(65 + piece));
      request.end();
    },
  },
  'with a length': {
    options: { headers: { ...JSON_TYPE, 'content-length': Buffer.byteLength(TEXT) } },
    send: (request) => request.end(TEXT),
  },
  'with a length, written in pieces': {
    options: { headers: { ...JSON_TYPE, 'content-length': 2 * Buffer.byteLength(TEXT) } },
    send: (request) => {
      request.write(TEXT);
      request.end(TEXT);
    },
  },
  'in chunks by its header': {
    options: { headers: { ...JSON_TYPE, 'transfer-encoding': 'chunked' } },
    send: (request) => request.end(TEXT),
  },
  'after headers that were set later': {
    send: (request) => {
      request.setHeader('content-type', 'application/json');
      request.setHeader('X-Mixed-Case', ['a', 'b']);
      request.removeHeader('connection');
      request.end(TEXT);
    },
  },
  'after headers that were flushed': {
    async send(request) {
      request.setHeader('content-type', 'application/json');
      request.flushHeaders();
      await nextTurn();
      request.write(TEXT);
      request.end();
    },
  },
  'between cork and uncork': {
    send: (request) => {
      request.cork();
      request.write(TEXT);
      request.write(TEXT);
      request.uncork();
      request.end();
    },
  },
  'with trailers': {
    options: { headers: { ...JSON_TYPE, trailer: 'x-sum' } },
    send: (request) => {
      request.write(TEXT);
      request.addTrailers({ 'x-sum': 'abc' });
      request.end();
    },
  },
  'with its headers as an array': {
    options: { headers: ['Host', 'any', 'Content-Type', 'application/json', 'X-A', '1', 'x-a', '2'] as never },
    send: (request) => request.end(TEXT),
  },
  'with credentials in its options': {
    options: { auth: 'user:pass', headers: JSON_TYPE },
    send: (request) => request.end(TEXT),
  },
};

describe('over node:http, the body of a request', () => {
  it.each(Object.entries(WAYS))('%s arrives as it does without us', async (_name, { send, options }) => {
    await sendBoth(send, options);
  });

  it('says of how many bytes it is, as without us, when it is given to end', async () => {
    const { headers } = await sendBoth((request) => request.end(TEXT));
    expect(headers).toEqual(expect.arrayContaining(['Content-Length', String(Buffer.byteLength(TEXT))]));
  });

  it('comes in chunks, as without us, when it is written', async () => {
    const { headers } = await sendBoth((request) => {
      request.write(TEXT);
      request.end();
    });
    expect(headers).toEqual(expect.arrayContaining(['Transfer-Encoding', 'chunked']));
  });

  it.each([1, 16, 17, 24])('of %i MiB, piped in, arrives as it is', async (size) => {
    const chunk = Buffer.alloc(64 * 1024, 'x');
    const pieces = Array.from({ length: size * 16 }, () => chunk);
    const { length } = await sendBoth((request) => Readable.from(pieces, { objectMode: false }).pipe(request), {
      headers: JSON_TYPE,
    });
    expect(length).toBe(size * MIB);
  });

  it('is refused by Node for what is no chunk, as without us', async () => {
    const { bare, metered } = await origins((_request, response) => answerCost(response));
    const misuse = (url: string) => {
      const codes: unknown[] = [];
      const request = http.request(`${url}/v3/brand/new`, { method: 'POST', agent: false });
      request.on('error', () => {});
      for (const chunk of [42, {}, null, undefined]) {
        try {
          request.write(chunk as never);
        } catch (error) {
          codes.push((error as NodeJS.ErrnoException).code);
        }
      }
      request.destroy();
      return codes;
    };
    expect(misuse(metered)).toEqual(misuse(bare));
  });

  it.each<[string, (request: ClientRequest) => void]>([
    ['it has begun', (request) => request.write(TEXT)],
    ['its headers were flushed', (request) => request.flushHeaders()],
  ])('takes no headers any more when %s, as without us', async (_when, begin) => {
    const { headers } = await sendBoth((request) => {
      request.setHeader('x-early', '1');
      begin(request);
      expect(request.headersSent).toBe(true);
      const late = { code: 'ERR_HTTP_HEADERS_SENT' };
      expect(() => request.setHeader('x-late', '1')).toThrow(expect.objectContaining(late));
      expect(() => request.appendHeader('x-early', '2')).toThrow(expect.objectContaining(late));
      expect(() => request.removeHeader('x-early')).toThrow(expect.objectContaining(late));
      request.end();
    });
    expect(headers).toEqual(expect.arrayContaining(['x-early', '1']));
  });

  it('that goes on after its end is an error, as without us', async () => {
    const { bare, metered } = await origins(async (request, response) => {
      await arrived(request);
      answerCost(response);
    });
    const late = async (url: string) => {
      const request = http.request(`${url}/v3/brand/new`, { method: 'POST', agent: false });
      const told = follow(request);
      const codes: unknown[] = [];
      request.end(TEXT);
      request.write(TEXT, (error) => codes.push((error as NodeJS.ErrnoException | undefined)?.code));
      const { events } = await told;
      return { codes, errors: events.filter((event) => event.includes('error')) };
    };
    expect(await late(metered)).toEqual(await late(bare));
  });

  it.each<[string, (url: string, estimate: string) => RequestOptions]>([
    ['an object', (_url, estimate) => ({ headers: { ...JSON_TYPE, 'X-Eden-Cost-Estimate': estimate } })],
    [
      'an array',
      (url, estimate) => ({
        headers: ['Host', new URL(url).host, 'X-Eden-Cost-Estimate', estimate, 'Connection', 'close'],
      }),
    ],
    [
      'an object, with Expect',
      (_url, estimate) => ({ headers: { ...JSON_TYPE, 'x-eden-cost-estimate': estimate, expect: '100-continue' } }),
    ],
    [
      'an array, with Expect',
      (url, estimate) => ({
        headers: ['host', new URL(url).host, 'expect', '100-continue', 'x-eden-cost-estimate', estimate, 'x-last', '1'],
      }),
    ],
  ])('states an estimate in a header that does not arrive, given in %s', async (_how, optionsOf) => {
    const received: Arrived[] = [];
    const { metered, meter } = await origins(
      async (request, response) => {
        received.push(await arrived(request));
        answerCost(response);
      },
      { budgets: [{ name: 'small', limitUsd: 1, window: 'day' }] },
    );
    const ask = (estimate: string) => {
      const options = optionsOf(metered, estimate);
      const request = http.request(`${metered}/v3/brand/new`, { method: 'POST', agent: false, ...options });
      request.end(TEXT);
      return follow(request);
    };
    expect((await ask('0.5')).events).toContain('response 200');
    expect((await ask('1.5')).events).toContain('response 402');
    expect(received).toHaveLength(1);
    expect(received[0]?.headers.join()).not.toMatch(/estimate/i);
    expect(received[0]?.length).toBe(Buffer.byteLength(TEXT));
    expect(meter.snapshot()).toMatchObject({ calls: 1, deniedCalls: 1 });
  });
});

describe('over node:http, an upload', () => {
  const started = (url: string, options: RequestOptions = {}) =>
    http.request(`${url}/v3/audio/transcriptions`, { method: 'POST', agent: false, ...options });

  /** Answers when the upload has ended; tells of each when it begins. */
  function receiver(): { listener: RequestListener; begun: () => number; bodies: Arrived[] } {
    let begun = 0;
    const bodies: Arrived[] = [];
    return {
      bodies,
      begun: () => begun,
      listener: async (request, response) => {
        request.once('readable', () => {
          begun += 1;
        });
        bodies.push(await arrived(request));
        answerCost(response);
      },
    };
  }

  it('goes on before it has ended, and is metered', async () => {
    const { listener, begun, bodies } = receiver();
    const { metered, meter } = await origins(listener);
    const form = new FormData();
    const file = new PassThrough();
    form.append('file', file, { filename: 'a.mp3', contentType: 'audio/mpeg', knownLength: 2_000 });
    const request = started(metered, { headers: form.getHeaders() });
    const story = follow(request);
    form.pipe(request);
    file.write(Buffer.alloc(1_000));
    await turnsUntil(() => begun() === 1);
    expect(meter.snapshot().callsInFlight).toBe(1);
    file.end(Buffer.alloc(1_000));
    expect((await story).events).toContain('response 200');
    expect(bodies[0]?.length).toBeGreaterThan(2_000);
    expect(meter.snapshot()).toMatchObject({ calls: 1, costNanos: COST_NANOS });
  });

  it('is told at once to wait, by the server that its writer outruns', async () => {
    const { listener } = receiver();
    const { bare, metered } = await origins(listener);
    const outrun = async (url: string) => {
      const request = started(url, { headers: { 'content-type': 'audio/mpeg' } });
      const story = follow(request);
      let writes = 0;
      while (writes < 1_000 && request.write(Buffer.alloc(MIB))) writes += 1;
      await once(request, 'drain');
      request.end();
      await story;
      return writes;
    };
    expect(await outrun(metered)).toBeLessThanOrEqual((await outrun(bare)) + 1);
  });

  it('that is denied is swallowed to its end, and its caller reads the 402', async () => {
    const { listener, bodies } = receiver();
    const { metered, meter } = await origins(listener, { budgets: [{ name: 'none', limitUsd: 0, window: 'day' }] });
    const request = started(metered, { headers: { 'content-type': 'audio/mpeg' } });
    const story = follow(request);
    Readable.from(
      Array.from({ length: 320 }, () => Buffer.alloc(64 * 1024)),
      { objectMode: false },
    ).pipe(request);
    const { events } = await story;
    expect(events).toContain('response 402');
    expect(events.filter((event) => event.includes('error'))).toEqual([]);
    expect(bodies).toEqual([]);
    expect(meter.snapshot()).toMatchObject({ deniedCalls: 1, callsInFlight: 0 });
  });

  it('that is denied is answered at once, and taken to its end all the same', async () => {
    const { metered } = await origins(() => {}, { budgets: [{ name: 'none', limitUsd: 0, window: 'day' }] });
    const request = started(metered, { headers: { 'content-type': 'audio/mpeg' } });
    const file = new PassThrough();
    let read = false;
    const story = follow(request, {
      answered: (response) => {
        response.resume().on('end', () => {
          read = true;
        });
      },
    });
    const piped = pipeline(file, request);
    file.write(Buffer.alloc(1_000));
    await turnsUntil(() => read);
    file.end(Buffer.alloc(MIB));
    await piped;
    expect((await story).events).toEqual([
      'response 402',
      'response end',
      'response close',
      'request finish',
      'request close',
    ]);
  });

  const EXPECT = { expect: '100-continue', 'content-length': Buffer.byteLength(TEXT), ...JSON_TYPE };
  const WAITING: Record<string, (url: string) => ClientRequest> = {
    'in its options': (url) => started(url, { headers: EXPECT }),
    'as an array': (url) => started(url, { headers: ['host', 'any', ...Object.entries(EXPECT).flat()] as never }),
    'set later': (url) => {
      const request = started(url);
      for (const [name, value] of Object.entries(EXPECT)) request.setHeader(name, value);
      request.flushHeaders();
      return request;
    },
  };

  it.each(Object.entries(WAITING))(
    'that waits for 100 Continue (%s) gets it, sends its body, and is metered',
    async (_name, start) => {
      const { listener, bodies } = receiver();
      const { bare, metered, meter } = await origins(listener);
      const upload = (url: string) => {
        const request = start(url);
        const story = follow(request);
        request.on('continue', () => request.end(TEXT));
        return story;
      };
      expect(await upload(metered)).toEqual(await upload(bare));
      expect(bodies[0]).toEqual(bodies[1]);
      expect(meter.snapshot()).toMatchObject({ calls: 1, costNanos: COST_NANOS });
    },
  );

  it.each(Object.entries(WAITING))(
    'that waits for 100 Continue (%s) and is denied gets the 402 instead',
    async (_name, start) => {
      const { listener, bodies } = receiver();
      const { metered } = await origins(listener, { budgets: [{ name: 'none', limitUsd: 0, window: 'day' }] });
      const request = start(metered);
      request.on('continue', () => request.end(TEXT));
      const { events } = await follow(request, {
        answered: (response) => {
          response.resume();
          request.end();
        },
      });
      expect(events).toContain('response 402');
      expect(bodies).toEqual([]);
    },
  );
});
