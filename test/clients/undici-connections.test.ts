import { once } from 'node:events';
import http, { type RequestListener } from 'node:http';
import net, { type Socket } from 'node:net';
import undici7 from 'undici';
import { many } from '../support/lists.js';
import { turnsUntil } from '../support/turns.js';
import { COST_NANOS } from './http-origins.js';
import { COPIES, useUndiciOrigins } from './undici-origins.js';

const origins = useUndiciOrigins();

const PATH = '/v3/brand/new';
const POST = { method: 'POST' as const, body: '{}' };
const TIGHT = { budgets: [{ name: 'all', limitUsd: 0.01, window: 'total' as const, estimateUsd: 0.01 }] };
const MIB = 1024 * 1024;

/** Sends 100 MB as fast as it may; how much that was when nothing moved any more, and whether the connection is closed. */
function pouring() {
  const sent: number[] = [];
  const closed: boolean[] = [];
  const listener: RequestListener = (_request, response) => {
    const chunk = Buffer.alloc(64 * 1024, 32);
    let bytes = 0;
    let idle = 0;
    response.on('close', () => closed.push(!response.writableFinished));
    response.writeHead(200, { 'content-type': 'application/json' });
    const more = () => {
      if (response.destroyed || bytes >= 100 * MIB) return;
      for (; response.writableLength === 0 && bytes < 100 * MIB; idle = 0) {
        response.write(chunk);
        bytes += chunk.length;
      }
      idle += 1;
      if (idle > 2_000) sent.push(bytes);
      else setImmediate(more);
    };
    more();
  };
  return { listener, sent, closed };
}

describe('an answer of 100 MB that nobody reads', () => {
  const UNREAD: Record<string, (url: string) => Promise<() => unknown>> = {
    fetch: async (url) => {
      const response = await fetch(url, POST);
      return () => response.body?.cancel(); // kept: fetch cancels what nobody refers to any more
    },
    ...Object.fromEntries(
      COPIES.map(([name, undici]) => [
        `the request of ${name}`,
        async (url: string) => {
          const { body } = await undici.request(url, POST);
          return () => body.on('error', () => {}).destroy();
        },
      ]),
    ),
  };

  it.each(Object.entries(UNREAD))(
    'over %s holds its server back, and cancelling closes the connection',
    async (_, open) => {
      const { listener, sent, closed } = pouring();
      const { bare, metered, meter } = await origins(listener);
      for (const url of [bare, metered]) {
        const before = sent.length;
        const cancel = await open(url + PATH);
        await turnsUntil(() => sent.length > before);
        await cancel();
        await turnsUntil(() => closed.length > before);
      }
      const [without, withUs] = sent as [number, number];
      expect(without).toBeLessThan(50 * MIB);
      expect(withUs).toBeLessThan(without + 8 * MIB);
      expect(closed).toEqual([true, true]);
      expect(meter.snapshot()).toMatchObject({ calls: 1, callsInFlight: 0 });
    },
  );
});

describe('an answer that comes piece by piece', () => {
  const PIECES = [...['a', 'b', 'c', 'd'].map((text) => piece({ content: text })), piece({}, 'stop')];
  function piece(delta: object, finish_reason: string | null = null): string {
    return `data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason }] })}\n\n`;
  }
  const LAST = 'data: {"choices":[],"usage":{"prompt_tokens":1},"cost":0.012345678}\n\ndata: [DONE]\n\n';

  type Read = (url: string, body: string, got: (text: string) => void) => Promise<void>;
  const viaFetch: Read = async (url, body, got) => {
    const response = await fetch(url, { method: 'POST', body, headers: { 'content-type': 'application/json' } });
    for await (const chunk of response.body ?? []) got(Buffer.from(chunk as Uint8Array).toString());
  };
  const viaHttp: Read = (url, body, got) =>
    new Promise((resolve, reject) => {
      const headers = { 'content-type': 'application/json' };
      const request = http.request(url, { method: 'POST', headers }, (response) => {
        response.on('data', (chunk: Buffer) => got(chunk.toString())).on('end', resolve);
      });
      request.on('error', reject).end(body);
    });
  const ASKS = { 'its usage asked by us': {}, 'asked for by the app': { stream_options: { include_usage: true } } };
  const CASES = Object.entries({ fetch: viaFetch, 'node:http': viaHttp }).flatMap(([name, read]) =>
    Object.entries(ASKS).map(([who, options]) => [name, who, read, options] as const),
  );

  it.each(CASES)('over %s, %s, is read before the next piece is sent', async (_name, _who, read, options) => {
    let seen = '';
    let priced = 0;
    const { metered, meter } = await origins(async (request, response) => {
      request.resume();
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      let expected = '';
      for (const next of PIECES) {
        response.write(next);
        expected += next;
        await turnsUntil(() => seen === expected); // would never be, if a piece were kept back
      }
      response.write(LAST);
      await turnsUntil(() => seen.includes('[DONE]'));
      priced = meter.snapshot().costNanos;
      response.end();
    });
    const body = JSON.stringify({ model: 'any', messages: [], stream: true, ...options });
    await read(`${metered}/v3/chat/completions`, body, (text) => {
      seen += text;
    });
    expect(priced).toBe(COST_NANOS); // clients go no further than this
    expect(seen.includes('usage')).toBe('stream_options' in options);
    expect(meter.snapshot()).toMatchObject({ calls: 1, costNanos: COST_NANOS });
  });
});

/** Answers each request with the same bytes, at once. */
async function quickServer() {
  const body = '{"cost":0.012345678}';
  const answer = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
  let connections = 0;
  const server = net.createServer((socket) => {
    connections += 1;
    socket.on('data', (bytes) => socket.write(answer.repeat(bytes.toString('latin1').split('POST ').length - 1)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as net.AddressInfo).port}`;
  return { url, connections: () => connections, close: () => void server.close() };
}

it('10,000 calls over one connection of a pool leave nothing behind on it', async () => {
  const { url, connections, close } = await quickServer();
  const { meter } = await origins(() => {}, { baseUrls: [url], logger: false });
  const pool = new undici7.Pool(url, { connections: 1 });
  const own: Socket[] = [];
  pool.on('connect', (_origin, [, client]) => {
    const key = Object.getOwnPropertySymbols(client).find(({ description }) => description === 'socket');
    own.push((client as unknown as Record<symbol, Socket>)[key as symbol] as Socket);
  });
  const call = async () => (await pool.request({ path: PATH, ...POST })).body.dump();
  const state = () =>
    own.map((socket) => ({
      listeners: socket.eventNames().map((name) => [name, socket.listenerCount(name)]),
      properties: Reflect.ownKeys(socket).length,
    }));
  await Promise.all(many(100, call));
  const before = state();
  for (let batch = 0; batch < 99; batch++) await Promise.all(many(100, call));
  expect(state()).toEqual(before);
  expect(connections()).toBe(1);
  expect(meter.snapshot()).toMatchObject({ calls: 10_000, costNanos: 10_000 * COST_NANOS, callsInFlight: 0 });
  await pool.close();
  close();
}, 60_000);

describe('what is no call', () => {
  it('an upgrade passes by the meter, over undici and over node:http', async () => {
    const { metered, meter } = await origins(() => {}, TIGHT);
    const server = http.createServer().on('upgrade', (_request, socket) => {
      socket.end('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\nhello');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as net.AddressInfo).port}`;
    await meter.close();
    expect(metered).not.toBe(url);
    const there = await origins(() => {}, { ...TIGHT, baseUrls: [url] });
    for (const [, undici] of COPIES) {
      const { socket } = await undici.upgrade(url + PATH, { method: 'GET', protocol: 'echo' });
      expect(String(await once(socket, 'data'))).toBe('hello');
      socket.destroy();
    }
    const request = http.get(url + PATH, { headers: { connection: 'upgrade', upgrade: 'echo' } });
    const [{ statusCode }, socket] = await once(request, 'upgrade');
    expect(statusCode).toBe(101);
    socket.destroy();
    await turnsUntil(() => there.meter.snapshot().callsInFlight === 0);
    expect(there.meter.snapshot()).toMatchObject({ costNanos: 0, deniedCalls: 0 });
    expect(await there.meter.remaining()).toMatchObject([{ heldUsd: 0, remainingUsd: 0.01 }]);
    server.closeAllConnections();
    server.close();
  });
});
