import http, { type IncomingHttpHeaders, type RequestOptions } from 'node:http';
import net from 'node:net';
import { createMeter, type Meter, type MeterEvents } from '@eden-cost/core';
import axios from 'axios';
import undici from 'undici';
import { useServers } from '../support/serve.js';
import { answerCost, COST_NANOS } from './http-origins.js';
import { COPIES } from './undici-origins.js';

const serve = useServers();
const meters: Meter[] = [];
afterEach(async () => {
  for (const meter of meters.splice(0)) await meter.close({ timeoutMs: 0 });
});

const PATH = '/v3/brand/new';
const POST = { method: 'POST', body: '{}' };
const EDEN = 'eden.test';

/** A server that is called by its address, and known as Eden AI by its name only. */
async function addressed() {
  const received: IncomingHttpHeaders[] = [];
  const { url } = await serve((request, response) => {
    received.push(request.headers);
    request.resume().on('end', () => answerCost(response));
  });
  const { port } = new URL(url);
  const meter = createMeter({ baseUrls: [`http://${EDEN}:${port}`], rateCard: false });
  meters.push(meter);
  const unmetered: MeterEvents['unmetered'][] = [];
  meter.on('unmetered', (call) => unmetered.push(call));
  return { url, port, meter, unmetered, received };
}

interface Call {
  readonly url: string;
  readonly host: string;
}

const viaHttp = ({ url, host }: Call, options: RequestOptions = {}) =>
  new Promise<void>((resolve, reject) => {
    const request = http.request(url + PATH, { method: 'POST', headers: { host }, ...options }, (response) => {
      response.resume().on('end', resolve);
    });
    request.on('error', reject).end('{}');
  });

const CALLS: Record<string, (call: Call) => Promise<unknown>> = {
  'http.request': (call) => viaHttp(call),
  'http.request with an array of headers': (call) => viaHttp(call, { headers: ['Host', call.host] as never }),
  'http.request with a connection of its own': (call) =>
    viaHttp(call, { createConnection: ({ host, port }) => net.connect(Number(port), String(host)) }),
  ...Object.fromEntries(
    COPIES.flatMap(([name, undici]) => {
      const requested = (url: string, options: object) =>
        undici.request(url, { ...POST, ...options } as never).then(({ body }) => body.text());
      return [
        [`request of ${name}`, ({ url, host }: Call) => requested(url + PATH, { headers: { host } })],
        [
          `request of ${name} with an array of headers`,
          ({ url, host }: Call) => requested(url + PATH, { headers: ['Host', host] }),
        ],
        [
          `request of a Pool of ${name}`,
          async ({ url, host }: Call) => {
            const pool = new undici.Pool(url);
            const { body } = await pool.request({ ...POST, path: PATH, headers: new Map([['host', host]]) } as never);
            await body.text();
            await pool.close();
          },
        ],
      ];
    }),
  ),
};

const CASES = Object.entries(CALLS);
/** A request that is met when its header is written says no port but that of the header. */
const WITH_PORT = CASES.filter(([name]) => !name.endsWith('a connection of its own'));

/** What it is charged, in a scope of its own. */
const charged = (meter: Meter, call: () => Promise<unknown>) =>
  meter.run({}, async () => {
    await call();
    return meter.current()?.charges.map(({ amount }) => amount);
  });

describe('a call to an address whose host header has the name of Eden AI', () => {
  it.each(CASES)('over %s is metered, and known by that name', async (_name, call) => {
    const { url, port, meter, unmetered } = await addressed();
    for (const [, copy] of COPIES) meter.instrument(copy);
    const host = `${EDEN}:${port}`;
    expect(await charged(meter, () => call({ url, host }))).toEqual([COST_NANOS]);
    expect(unmetered).toEqual([]);
  });

  it.each(WITH_PORT)('over %s is metered without the port in that header too', async (_name, call) => {
    const { url, meter } = await addressed();
    for (const [, copy] of COPIES) meter.instrument(copy);
    expect(await charged(meter, () => call({ url, host: EDEN }))).toEqual([COST_NANOS]);
  });

  it.each(CASES)('over %s is none of ours with another name, or another port', async (_name, call) => {
    const { url, meter, unmetered } = await addressed();
    for (const [, copy] of COPIES) meter.instrument(copy);
    for (const host of ['other.test', `${EDEN}:1`, `not.${EDEN}`]) {
      expect(await charged(meter, () => call({ url, host }))).toEqual([]);
    }
    expect(unmetered).toEqual([]);
  });

  it.each(COPIES)('over a copy of %s that the meter does not know is told of', async (_name, undici) => {
    const { url, port, unmetered } = await addressed();
    const host = `${EDEN}:${port}`;
    await undici.request(url + PATH, { ...POST, headers: { host } } as never).then(({ body }) => body.text());
    expect(unmetered).toMatchObject([{ origin: `http://${host}`, path: PATH }]);
  });

  it('is none of ours where the name that it goes to is another', async () => {
    const { url, port, meter } = await addressed();
    const elsewhere = url.replace('127.0.0.1', 'localhost');
    expect(await charged(meter, () => viaHttp({ url: elsewhere, host: `${EDEN}:${port}` }))).toEqual([]);
  });
});

describe('a call through a forward proxy, to which its whole URL is said', () => {
  class OwnAgent extends http.Agent {
    addRequest(request: http.ClientRequest, { host, port }: http.ClientRequestArgs): void {
      request.onSocket(net.connect(Number(port), String(host)));
    }
  }
  const viaProxy = (url: string, options: RequestOptions = {}) => viaHttp({ url, host: new URL(url).host }, options);
  const WAYS: Record<string, (proxy: string, target: string) => Promise<unknown>> = {
    'http.request': (proxy, path) => viaProxy(proxy, { path }),
    'an agent with its own addRequest': (proxy, path) => viaProxy(proxy, { path, agent: new OwnAgent() }),
    axios: (proxy, target) => {
      const { hostname, port } = new URL(proxy);
      return axios.post(target, {}, { proxy: { protocol: 'http', host: hostname, port: Number(port) } });
    },
  };

  it.each(Object.entries(WAYS))('over %s is metered once, by the host of that URL', async (_name, call) => {
    const { url, port, meter } = await addressed();
    expect(await charged(meter, () => call(url, `http://${EDEN}:${port}${PATH}`))).toEqual([COST_NANOS]);
    expect(await charged(meter, () => call(url, `http://other.test:${port}${PATH}`))).toEqual([]);
  });
});

it("a call by meter.fetch through undici's interceptor that resolves names is metered once", async () => {
  const { url, port, meter, unmetered } = await addressed();
  meter.instrument(undici);
  type Found = (error: null, records: object[]) => void;
  const lookup = (_name: URL, _options: object, found: Found) =>
    found(null, [{ address: '127.0.0.1', family: 4, ttl: 60_000, port: Number(port) }]);
  const agent = new undici.Agent();
  const dispatcher = agent.compose(undici.interceptors.dns({ lookup: lookup as never }));
  const named = url.replace('127.0.0.1', EDEN) + PATH;
  const init = { ...POST, dispatcher } as object;
  expect(await charged(meter, async () => (await meter.fetch(named, init)).text())).toEqual([COST_NANOS]);
  expect(unmetered).toEqual([]);
  await agent.close();
});

it.each(COPIES)('headers that can be read once only reach their server over %s, whoever it is', async (_name, copy) => {
  const { url, port, meter, received } = await addressed();
  for (const [, one] of COPIES) meter.instrument(one);
  function* headers(host: string) {
    yield ['host', host];
    yield ['x-any', 'thing'];
  }
  for (const host of [`${EDEN}:${port}`, 'other.test']) {
    const init = { ...POST, headers: headers(host) } as never;
    await copy.request(url + PATH, init).then(({ body }) => body.text());
    expect(received.pop()).toMatchObject({ host, 'x-any': 'thing' });
  }
  expect(meter.snapshot().calls).toBe(1);
});
