import http, { type RequestOptions } from 'node:http';
import net from 'node:net';
import { follow } from './http-origins.js';
import { COPIES, useUndiciOrigins } from './undici-origins.js';

const origins = useUndiciOrigins();

const ESTIMATE = { 'x-eden-cost-estimate': '0.5', 'x-own': 'kept' };

async function overHttp(url: string, options: RequestOptions, late: Record<string, string> = {}): Promise<void> {
  const request = http.request(url, options);
  for (const [name, value] of Object.entries(late)) request.setHeader(name, value);
  request.end();
  await follow(request);
}

const CLIENTS: Record<string, (url: string) => Promise<unknown>> = {
  fetch: async (url) => (await fetch(url, { headers: ESTIMATE })).text(),
  ...Object.fromEntries(
    COPIES.map(([name, undici]) => [
      name,
      async (url: string) => (await undici.request(url, { headers: ESTIMATE })).body.text(),
    ]),
  ),
  'node:http': (url) => overHttp(url, { headers: ESTIMATE }),
  'node:http, set later': (url) => overHttp(url, {}, ESTIMATE),
  'node:http, as an array': (url) =>
    overHttp(url, { headers: ['Host', new URL(url).host, ...Object.entries(ESTIMATE).flat()] }),
  'node:http, over a connection of its own': (url) =>
    overHttp(url, {
      headers: { ...ESTIMATE, connection: 'close' },
      createConnection: () => net.connect(Number(new URL(url).port), '127.0.0.1'),
    }),
};

describe('a call that costs nothing', () => {
  it.each(Object.entries(CLIENTS))('goes out without the estimate that it states, over %s', async (_name, call) => {
    const received: http.IncomingHttpHeaders[] = [];
    const { metered, bare, meter } = await origins((request, response) => {
      received.push(request.headers);
      response.end();
    });
    await call(`${metered}/v3/models`);
    await call(`${bare}/v3/models`);
    const [withUs, without] = received;
    const { host: _, 'x-eden-cost-estimate': estimate, ...rest } = without ?? {};
    expect(estimate).toBe('0.5');
    expect(withUs).toEqual({ ...rest, host: new URL(metered).host });
    expect(withUs).toHaveProperty('x-own', 'kept');
    expect(meter.snapshot()).toMatchObject({ calls: 0, callsInFlight: 0 });
  });
});
