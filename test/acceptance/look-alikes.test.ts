import * as undici from 'undici';
import { CHAT, postInit, readAnswer } from '../support/calls.js';
import { useMeteredEden } from '../support/meter.js';
import { useServers } from '../support/serve.js';

const metered = useMeteredEden();
const serve = useServers();

const connect = undici.buildConnector({});
/** Whatever the host and the port are called, the stand-in answers. */
const everywhere = new undici.Agent({
  connect: (options, done) => connect({ ...options, hostname: '127.0.0.1', port: port() }, done),
});
afterAll(() => everywhere.close());

const port = () => new URL(metered.eden.url).port;

async function call(url: string): Promise<number> {
  const init = { method: 'POST' as const, body: JSON.stringify(CHAT), dispatcher: everywhere };
  const response = await undici.request(url, init);
  await response.body.text();
  return response.statusCode;
}

const NOTHING = { budgets: [{ name: 'nothing', limitUsd: 0, window: 'total' as const }], rateCard: false as const };

describe('a host that only looks like Eden AI', () => {
  it.each([
    'http://api.edenai.run.evil.com/v3/chat/completions',
    'http://evil.com/api.edenai.run/v3/chat/completions',
    'http://evil.com/?u=http://api.edenai.run/v3/chat/completions',
    'http://api.edenai.run@evil.com/v3/chat/completions',
    'http://xapi.edenai.run/v3/chat/completions',
    'http://x.api.edenai.run/v3/chat/completions',
    'http://edenai.run/v3/chat/completions',
    'http://api-edenai.run/v3/chat/completions',
    'http://api.edenai.runs/v3/chat/completions',
    'http://api.edenai.run:8080/v3/chat/completions',
  ])('%s is not metered, and not denied', async (url) => {
    const meter = metered.meter({ ...NOTHING, baseUrls: ['http://api.edenai.run'] });
    meter.instrument(undici);
    expect(await call(url)).not.toBe(402);
    expect(metered.eden.books().requests).toBe(1);
    expect(meter.snapshot()).toMatchObject({ calls: 0, deniedCalls: 0 });
  });

  it('neither is the real name without TLS, unless it is configured', async () => {
    const meter = metered.meter({ ...NOTHING, baseUrls: ['https://api.edenai.run', 'https://api.eu.edenai.run'] });
    meter.instrument(undici);
    expect(await call('http://api.edenai.run/v3/chat/completions')).toBe(200);
    expect(meter.snapshot()).toMatchObject({ calls: 0, deniedCalls: 0 });
  });

  it.each([
    'http://api.edenai.run/v3/chat/completions',
    'http://api.edenai.run:80/v3/chat/completions',
    'http://API.EdenAI.run/v3/chat/completions',
    'http://api.edenai.run./v3/chat/completions',
  ])('%s is Eden AI itself', async (url) => {
    const meter = metered.meter({ ...NOTHING, baseUrls: ['http://api.edenai.run'] });
    meter.instrument(undici);
    expect(await call(url)).toBe(402);
    expect(metered.eden.books().requests).toBe(0);
  });
});

describe('a proxy with a path', () => {
  const paths: [path: string, isEden: boolean][] = [
    ['/eden/v3/chat/completions', true],
    ['/eden/v3/chat/completions?trace=1', true],
    ['/edenx/v3/chat/completions', false],
    ['/v3/chat/completions', false],
    ['/x/eden/v3/chat/completions', false],
    ['/Eden/v3/chat/completions', false],
    ['/?p=/eden/v3/chat/completions', false],
  ];

  it.each(paths)('%s is Eden AI: %s', async (path, isEden) => {
    let reached = 0;
    const { url } = await serve((_req, res) => {
      reached += 1;
      res.end('{"cost":0.5}');
    });
    const meter = metered.meter({ ...NOTHING, baseUrls: [`${url}/eden`] });
    const response = await fetch(url + path, postInit(CHAT));
    await readAnswer(response);
    expect([response.status, reached]).toEqual(isEden ? [402, 0] : [200, 1]);
    expect(meter.snapshot().deniedCalls).toBe(isEden ? 1 : 0);
  });

  it.each(['/eden', '/eden/', '/eden/v3', '/eden/v3/', '/eden/v3/llm'])(
    'is found by the base URL that an SDK is given: %s',
    async (prefix) => {
      const { url } = await serve((_req, res) => res.end('{}'));
      metered.meter({ ...NOTHING, baseUrls: [url + prefix] });
      const response = await fetch(`${url}/eden/v3/chat/completions`, postInit(CHAT));
      await readAnswer(response);
      expect(response.status).toBe(402);
    },
  );

  it('localhost and 127.0.0.1 are two hosts', async () => {
    const meter = metered.meter({ ...NOTHING, baseUrls: [`http://localhost:${port()}`] });
    const response = await fetch(`${metered.eden.baseUrl}/chat/completions`, postInit(CHAT));
    await readAnswer(response);
    expect(response.status).toBe(200);
    expect(meter.snapshot()).toMatchObject({ calls: 0, deniedCalls: 0 });
  });
});

describe('a redirect', () => {
  it('from another host to Eden AI is metered, and from Eden AI to another host is not a second call', async () => {
    const other = await serve((req, res) => {
      if (req.url === '/to-eden') res.writeHead(307, { location: `${metered.eden.baseUrl}/chat/completions` }).end();
      else res.end('{"cost":7}');
    });
    const meter = metered.meter();
    metered.eden.script({ costUsd: 0.0123 });
    await readAnswer(await fetch(`${other.url}/to-eden`, postInit(CHAT)));
    expect(meter.snapshot()).toMatchObject({ calls: 1, costNanos: 12_300_000 });
    metered.eden.script({ status: 307, headers: { location: `${other.url}/v3/chat/completions` } });
    await readAnswer(await fetch(`${metered.eden.baseUrl}/chat/completions`, postInit(CHAT)));
    expect(meter.snapshot()).toMatchObject({ calls: 2, failedCalls: 1, costNanos: 12_300_000 });
  });
});
