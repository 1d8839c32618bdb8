import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import http2, { type Http2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { createMeter, type Meter, type MeterEvents } from '@eden-cost/core';
import * as undici from 'undici';

const stops: (() => unknown)[] = [];

afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function listening(server: Http2Server): Promise<number> {
  server.on('stream', (stream) => {
    stream.respond({ ':status': 200, 'content-type': 'application/json' });
    stream.end('{"cost":0.0123}');
  });
  server.listen(0, '127.0.0.1');
  stops.push(() => server.close());
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

function watched(url: string): { meter: Meter; told: MeterEvents['unmetered'][] } {
  const meter = createMeter({ baseUrls: [url], rateCard: false });
  const told: MeterEvents['unmetered'][] = [];
  meter.on('unmetered', (call) => told.push(call));
  stops.push(() => meter.close());
  return { meter, told };
}

async function plainCalls(url: string, count: number): Promise<void> {
  const session = http2.connect(url);
  for (let call = 0; call < count; call++) {
    const stream = session.request({ ':path': '/v3/chat/completions?key=secret', ':method': 'POST' });
    stream.resume().end('{}');
    await once(stream, 'close');
  }
  session.close();
}

const TOLD = {
  path: '/v3/chat/completions',
  reason: expect.stringContaining('HTTP/2'),
  fix: expect.stringMatching(/HTTP\/1\.1.*meter\.fetch/),
};

/** Node 20 has no channel that tells of it. */
const TELLS = Number(process.versions.node.split('.')[0]) >= 22;

test(`calls over node:http2 are not metered, and ${TELLS ? 'told of once' : 'nobody can tell'}`, async () => {
  const url = `http://127.0.0.1:${await listening(http2.createServer())}`;
  const { meter, told } = watched(url);
  await plainCalls(url, 3);
  expect(told).toEqual(TELLS ? [{ origin: url, ...TOLD }] : []);
  expect(meter.snapshot()).toMatchObject({ calls: 0 });
});

test('calls that undici makes over HTTP/2 are metered, and not told of', async () => {
  const psk = randomBytes(32);
  const server = http2.createSecureServer({ ciphers: 'PSK', pskCallback: () => psk, maxVersion: 'TLSv1.2' });
  const url = `https://127.0.0.1:${await listening(server as unknown as Http2Server)}`;
  const { meter, told } = watched(url);
  meter.instrument(undici);
  const tls = { ciphers: 'PSK', checkServerIdentity: () => undefined, pskCallback: () => ({ psk, identity: 'test' }) };
  const dispatcher = new undici.Agent({ allowH2: true, connect: { ...tls, maxVersion: 'TLSv1.2' } as never });
  stops.push(() => dispatcher.destroy());
  const versions = new Set<string>();
  server.on('request', ({ httpVersion }) => versions.add(httpVersion));
  for (let call = 0; call < 3; call++) {
    const answer = await undici.request(`${url}/v3/chat/completions`, { method: 'POST', body: '{}', dispatcher });
    expect(await answer.body.json()).toEqual({ cost: 0.0123 });
  }
  expect([...versions]).toEqual(['2.0']);
  expect(meter.snapshot()).toMatchObject({ calls: 3, costNanos: 36_900_000 });
  expect(told).toEqual([]);
});
