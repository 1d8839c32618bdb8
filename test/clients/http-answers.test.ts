import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import http, { type ClientRequest, type IncomingMessage, type RequestListener, type RequestOptions } from 'node:http';
import https from 'node:https';
import { Writable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { nextEvent } from '../support/meter.js';
import { ANSWERS as ALL_ANSWERS, hash } from './answers.js';
import { answerCost, COST_NANOS, follow, type Story, useOrigins } from './http-origins.js';

const origins = useOrigins();

const JSON_TYPE = { 'content-type': 'application/json' };
const COST = '"cost":0.012345678}';
const LARGE = `{"data":"${'x'.repeat(400_000)}",${COST}`;
/** Stays large when it is compressed. */
const NOISE = `{"data":"${randomBytes(200_000).toString('base64')}",${COST}`;
const NO_SUCH_HOST = Object.assign(new Error('no such host'), { code: 'ENOTFOUND', syscall: 'getaddrinfo' });

interface Answer {
  readonly listener: RequestListener;
  readonly nanos?: number;
  readonly options?: RequestOptions;
}

const answering = (body: string | Buffer, headers: http.OutgoingHttpHeaders = {}, status = 200): RequestListener => {
  return (_request, response) => void response.writeHead(status, { ...JSON_TYPE, ...headers }).end(body);
};

/** What a server may answer; by default it costs what `answerCost` says. */
const ANSWERS: Record<string, Answer> = {
  'with a length': { listener: answering(LARGE, { 'content-length': LARGE.length }) },
  'in chunks': {
    listener: (_request, response) => {
      response.writeHead(200, JSON_TYPE);
      for (const part of LARGE.match(/.{1,10000}/g) ?? []) response.write(part);
      response.end();
    },
  },
  'on a connection that is then closed': { listener: answering(LARGE, { connection: 'close' }) },
  compressed: { listener: answering(gzipSync(LARGE), { 'content-encoding': 'gzip' }) },
  'compressed and large': { listener: answering(gzipSync(NOISE), { 'content-encoding': 'gzip' }) },
  'compressed and large, on a connection that is then closed': {
    listener: answering(gzipSync(NOISE), { 'content-encoding': 'gzip', connection: 'close' }),
  },
  'with trailers': {
    listener: (_request, response) => {
      response.writeHead(200, { ...JSON_TYPE, trailer: 'x-sum' });
      response.write(`{"object":"any",${COST}`);
      response.addTrailers({ 'x-sum': 'abc' });
      response.end();
    },
  },
  'with a header twice': { listener: answering(`{${COST}`, { 'set-cookie': ['a=1', 'b=2'] }) },
  'after early hints': {
    listener: (_request, response) => {
      response.writeProcessing();
      response.writeEarlyHints({ link: '</a.css>; rel=preload' });
      answerCost(response);
    },
  },
  'with a redirect': { listener: answering('', { location: '/elsewhere' }, 307), nanos: 0 },
  'with an error': { listener: answering('{"detail":"no"}', {}, 422), nanos: 0 },
  'without a body': {
    listener: (_request, response) => void response.writeHead(204, { 'x-edenai-cost': '0.012345678' }).end(),
  },
};

const body = '{"model":"any"}';
const post = (url: string, options: RequestOptions = {}): ClientRequest => {
  const headers = { 'content-type': 'application/json', 'content-length': body.length };
  const request = http.request(`${url}/v3/brand/new`, { method: 'POST', headers, agent: false, ...options });
  request.end(body);
  return request;
};

const ask = (url: string, method: string): ClientRequest =>
  http
    .request(`${url}/v3/brand/new`, { method, headers: { 'content-type': 'application/json' }, agent: false })
    .end(method === 'POST' ? body : undefined);

/** All that an answer is, whatever pieces it comes in. */
async function wholeOf(request: ClientRequest) {
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const pieces: Buffer[] = [];
  for await (const piece of response) pieces.push(piece);
  const { statusCode, statusMessage, rawTrailers, complete } = response;
  const headers = response.rawHeaders.filter((_, at, raw) => raw[at - (at % 2)]?.toLowerCase() !== 'date');
  return { statusCode, statusMessage, headers, rawTrailers, complete, sha256: hash(Buffer.concat(pieces)) };
}

describe('over node:http, an answer', () => {
  it.each(Object.entries(ANSWERS))(
    '%s is what it is without us, event by event, and charged once',
    async (_name, answer) => {
      const { listener, nanos = COST_NANOS } = answer;
      const { bare, metered, meter } = await origins(listener);
      const expected = await follow(post(bare));
      await meter.run({}, async () => {
        expect(await follow(post(metered))).toEqual(expected);
        expect(meter.current()).toMatchObject({ totalNanos: nanos, charges: nanos > 0 ? [{ amount: nanos }] : [] });
      });
      expect(meter.snapshot().callsInFlight).toBe(0);
    },
  );

  it.each(Object.entries(ALL_ANSWERS))(
    '%s is what it is without us, by hash, and charged once',
    async (_name, answer) => {
      const { listener, nanos = COST_NANOS, method = 'POST' } = answer;
      const { bare, metered, meter } = await origins(listener);
      const expected = await wholeOf(ask(bare, method));
      await meter.run({}, async () => {
        expect(await wholeOf(ask(metered, method))).toEqual(expected);
        expect(meter.current()?.charges.map(({ amount }) => amount)).toEqual(nanos > 0 ? [nanos] : []);
      });
      expect(meter.snapshot().callsInFlight).toBe(0);
    },
  );

  it.each(['HEAD', 'OPTIONS'])('to %s is what it is without us, and no charge', async (method) => {
    const { bare, metered, meter } = await origins(answering(`{${COST}`, { 'content-length': COST.length + 1 }));
    const asked = (url: string) => {
      const request = http.request(`${url}/v3/brand/new`, { method, agent: false });
      request.end();
      return follow(request);
    };
    expect(await asked(metered)).toEqual(await asked(bare));
    expect(meter.snapshot()).toMatchObject({ calls: 0, callsInFlight: 0 });
  });

  const READERS: Record<string, (response: IncomingMessage) => Promise<string>> = {
    'its data events': (response) =>
      new Promise((resolve) => {
        let all = '';
        response.setEncoding('utf8');
        response.on('data', (text: string) => {
          all += text;
        });
        response.on('end', () => resolve(all));
      }),
    'readable events': (response) =>
      new Promise((resolve) => {
        const parts: Buffer[] = [];
        response.on('readable', () => {
          for (let part = response.read(1_000); part !== null; part = response.read(1_000)) parts.push(part);
        });
        response.on('end', () => resolve(Buffer.concat(parts).toString()));
      }),
    'iterating over it': async (response) => Buffer.concat(await response.toArray()).toString(),
    'a pipe to a slow writer': (response) =>
      new Promise((resolve) => {
        const parts: Buffer[] = [];
        const slow = new Writable({
          highWaterMark: 1,
          write(part: Buffer, _encoding, done) {
            parts.push(part);
            setImmediate(done);
          },
        });
        response.pipe(slow).on('finish', () => resolve(Buffer.concat(parts).toString()));
      }),
    'pausing it between its chunks': (response) =>
      new Promise((resolve) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => {
          parts.push(part);
          response.pause();
          setImmediate(() => response.resume());
        });
        response.on('end', () => resolve(Buffer.concat(parts).toString()));
      }),
  };

  it.each(Object.entries(READERS))('is priced before it has been read by %s', async (_name, read) => {
    const { metered, meter } = await origins(answering(LARGE));
    await meter.run({}, async () => {
      const text = await new Promise<string>((resolve) => {
        post(metered).on('response', (response) => resolve(read(response)));
      });
      expect(meter.current()?.totalNanos).toBe(COST_NANOS);
      expect(text).toBe(LARGE);
    });
  });

  it('that is large and compressed is priced before its end, also when the server has closed the connection', async () => {
    const headers = { 'content-encoding': 'gzip', connection: 'close' };
    const { metered, meter } = await origins(answering(gzipSync(NOISE), headers));
    await meter.run({}, async () => {
      await new Promise<void>((resolve) => {
        post(metered).on('response', (response) => response.on('end', resolve).resume());
      });
      expect(meter.current()?.totalNanos).toBe(COST_NANOS);
    });
  });

  it('that nobody listens for is thrown away as Node does, charged, and leaves its connection to the next', async () => {
    const { metered, meter } = await origins(answering(LARGE));
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    const charged = nextEvent(meter, 'charge');
    const first = post(metered, { agent });
    expect(await charged).toMatchObject({ amount: COST_NANOS });
    const story = await follow(post(metered, { agent }));
    expect(story.length).toBe(LARGE.length);
    expect(first.reusedSocket).toBe(false);
    expect(meter.snapshot()).toMatchObject({ calls: 2, callsInFlight: 0 });
    agent.destroy();
  });

  it('that is not read holds the server back as it does without us, and given up it closes the connection', async () => {
    const SIZE = 64 * 1024 * 1024;
    const sent: number[] = [];
    const closed: Promise<unknown>[] = [];
    const stuck = async (url: string): Promise<number> => {
      const before = sent.length;
      const request = post(url);
      const response = await new Promise<IncomingMessage>((resolve) => request.on('response', resolve));
      while (sent.length === before) await new Promise((resolve) => setImmediate(resolve));
      response.destroy();
      await closed.at(-1);
      return sent.at(-1) as number;
    };
    const { bare, metered } = await origins((_request, response) => {
      closed.push(once(response, 'close'));
      response.writeHead(200, { 'content-type': 'application/json' });
      const chunk = Buffer.alloc(64 * 1024, 32);
      let bytes = 0;
      let turnsIdle = 0;
      const more = () => {
        if (response.destroyed || bytes >= SIZE) return;
        while (response.writableLength === 0 && bytes < SIZE) {
          response.write(chunk);
          bytes += chunk.length;
          turnsIdle = 0;
        }
        turnsIdle += 1;
        if (turnsIdle > 2_000) sent.push(bytes);
        else setImmediate(more);
      };
      more();
    });
    const without = await stuck(bare);
    const withUs = await stuck(metered);
    expect(without).toBeLessThan(SIZE / 2);
    expect(withUs).toBeLessThan(without + 8 * 1024 * 1024);
  });

  const BROKEN: Record<string, RequestListener> = {
    'before its head': (request) => request.socket.resetAndDestroy(),
    'after its head': (_request, response) => {
      response.writeHead(200, JSON_TYPE).write('{');
      setImmediate(() => response.socket?.destroy());
    },
    'half way': (_request, response) => {
      response.writeHead(200, { ...JSON_TYPE, 'content-length': LARGE.length });
      response.write(LARGE.slice(0, 100_000), () => response.socket?.destroy());
    },
    'in the middle of a chunk': (_request, response) => {
      response.writeHead(200, JSON_TYPE).flushHeaders();
      response.socket?.write('ffff\r\n{"object":', () => response.socket?.destroy());
    },
    'in the middle of an event': (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('data: {"choices":[]}\n\ndata: {"choi', () => response.socket?.destroy());
    },
    'with bytes that are no HTTP': (request) => void request.socket.end('nonsense\r\n\r\n'),
  };

  it.each(Object.entries(BROKEN))(
    'that breaks off %s does so as without us, and is charged at the estimate',
    async (_name, listener) => {
      const { bare, metered, meter } = await origins(listener);
      const charged = nextEvent(meter, 'charge');
      const problem = nextEvent(meter, 'error');
      const stories = [await follow(post(bare)), await follow(post(metered))] as [Story, Story];
      expect(stories[1]).toEqual(stories[0]);
      expect(await charged).toMatchObject({ amount: 10_000_000, basis: 'estimated' });
      expect(await problem).toMatchObject({ problem: 'cost-unknown' });
      expect(meter.snapshot()).toMatchObject({ calls: 1, callsInFlight: 0 });
    },
  );

  const UNREACHED: Record<string, { bare: string; metered: string; options?: RequestOptions }> = {
    'a host without a name': {
      bare: 'http://bare.test',
      metered: 'http://metered.test',
      options: { lookup: (_host, _options, done) => done(NO_SUCH_HOST, '') },
    },
    'a host that does not listen': { bare: 'http://127.0.0.2:1', metered: 'http://127.0.0.1:1' },
  };

  it.each(Object.entries(UNREACHED))('of %s is the same failure as without us, and no charge', async (_name, there) => {
    const { meter } = await origins(() => {}, { baseUrls: [there.metered] });
    const denials = [there.metered, there.bare].map((url) => follow(post(url, there.options)));
    const [metered, bare] = await Promise.all(denials);
    const told = (story: Story | undefined) => story?.events.map((event) => event.replace(/127\.0\.0\.\d/, 'host'));
    expect(told(metered)).toEqual(told(bare));
    expect(told(bare)).toHaveLength(2);
    expect(meter.snapshot()).toMatchObject({ costNanos: 0, failedCalls: 1, callsInFlight: 0 });
  });

  it('of a host that speaks no TLS is no charge', async () => {
    const { bare } = await origins(() => {}, { intercept: false });
    const secure = bare.replace('http:', 'https:');
    const { meter } = await origins(() => {}, { baseUrls: [secure] });
    const request = https.request(`${secure}/v3/brand/new`, { method: 'POST', agent: false });
    request.end(body);
    expect((await follow(request)).events).toContainEqual(expect.stringMatching(/^request error EPROTO/));
    expect(meter.snapshot()).toMatchObject({ costNanos: 0, failedCalls: 1, callsInFlight: 0 });
  });
});
