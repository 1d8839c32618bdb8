import { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type undici7 from 'undici';
import type { Answer, Ask } from '../client.js';
import type { Clients, CoveredClient, Place } from './covered-client.js';

/** What these majors have in common. */
export type Undici = typeof undici7;

type Options = Parameters<Undici['request']>[1] & { maxRedirections?: number };

const RETRY = { methods: ['POST'], minTimeout: 1, maxRetries: 2 } as object;

/** Each way to call through one copy of undici. */
export function undiciClients(major: number, undici: Undici, { origin, proxy, secure, named }: Place): Clients {
  const over = (dispatcher: object): CoveredClient => ({
    send: (ask) => requested(undici, ask, { dispatcher: dispatcher as never }),
  });
  const composed = (interceptor: never) => over(new undici.Agent().compose(interceptor));
  const pool = new undici.Pool(origin, { connections: 2 });
  const client = new undici.Client(origin);
  const agent = new undici.Agent();
  const secureAgent = new undici.Agent({ connect: secure.tls });
  const resolving = new undici.Agent().compose(undici.interceptors.dns({ lookup: lookupOf(named.port) as never }));
  const clients: Clients = {
    request: { send: (ask) => requested(undici, ask) },
    fetch: { send: (ask) => fetched(undici.fetch as never, ask), redirects: true },
    stream: { send: (ask) => streamed(undici, ask) },
    pipeline: { send: (ask) => piped(undici, ask), streamsBody: true },
    'request over an Agent of its own': over(agent),
    'fetch over an Agent of its own': {
      send: (ask) => fetched(undici.fetch as never, ask, { dispatcher: agent }),
      redirects: true,
    },
    'request over a Pool': { send: (ask) => requestedOf(pool, ask) },
    'request over a Client': { send: (ask) => requestedOf(client, ask) },
    'request over a BalancedPool': over(new undici.BalancedPool(origin)),
    'request over a RetryAgent': { ...over(new undici.RetryAgent(new undici.Agent(), RETRY)), retries: true },
    'request over the interceptor that retries': {
      ...composed(undici.interceptors.retry(RETRY) as never),
      retries: true,
    },
    'request over the interceptor that redirects': {
      ...composed(undici.interceptors.redirect({ maxRedirections: 2 }) as never),
      redirects: true,
    },
    'request over a ProxyAgent': over(new undici.ProxyAgent({ uri: proxy, proxyTunnel: true } as never)),
    'request over the interceptor that resolves names': { ...over(resolving), origin: named.origin },
    'fetch over the interceptor that resolves names': {
      send: (ask) => fetched(undici.fetch as never, ask, { dispatcher: resolving }),
      redirects: true,
      origin: named.origin,
    },
    'request over https': { ...over(secureAgent), origin: secure.origin },
    'fetch over https': {
      send: (ask) => fetched(undici.fetch as never, ask, { dispatcher: secureAgent }),
      redirects: true,
      origin: secure.origin,
    },
    ...(major === 6 && {
      'request with maxRedirections': {
        send: (ask: Ask) => requested(undici, ask, { maxRedirections: 2, dispatcher: agent } as Options),
        redirects: true,
      },
    }),
  };
  return Object.fromEntries(Object.entries(clients).map(([name, one]) => [`undici ${major}: ${name}`, one]));
}

type Lookup = (name: URL, options: object, found: (error: null, records: object[]) => void) => void;

/** Asynchronous, as a lookup over the network is. */
const lookupOf =
  (port: number): Lookup =>
  (_name, _options, found) =>
    setImmediate(() => found(null, [{ address: '127.0.0.1', family: 4, ttl: 60_000, port }]));

const optionsOf = ({ method, headers, json }: Ask) => ({
  method,
  headers: { ...headers, 'content-type': 'application/json' },
  body: JSON.stringify(json),
});

async function requested(undici: Undici, ask: Ask, options?: Options): Promise<Answer> {
  const { statusCode, body } = await undici.request(ask.url, { ...optionsOf(ask), ...options } as Options);
  return { status: statusCode, text: await body.text() };
}

/** A Pool and a Client know their origin: what they are asked has none. */
async function requestedOf(dispatcher: InstanceType<Undici['Pool' | 'Client']>, ask: Ask): Promise<Answer> {
  const { statusCode, body } = await dispatcher.request({ ...optionsOf(ask), path: new URL(ask.url).pathname });
  return { status: statusCode, text: await body.text() };
}

export async function fetched(fetch: typeof globalThis.fetch, ask: Ask, init: object = {}): Promise<Answer> {
  const response = await fetch(ask.url, { ...optionsOf(ask), ...init });
  return { status: response.status, text: await response.text() };
}

async function streamed(undici: Undici, ask: Ask): Promise<Answer> {
  const chunks: Buffer[] = [];
  let status = 0;
  await undici.stream(ask.url, optionsOf(ask), ({ statusCode }) => {
    status = statusCode;
    return new Writable({
      write(chunk, _encoding, done) {
        chunks.push(chunk);
        done();
      },
    });
  });
  return { status, text: Buffer.concat(chunks).toString() };
}

async function piped(undici: Undici, ask: Ask): Promise<Answer> {
  let status = 0;
  const { body, ...options } = optionsOf(ask);
  const duplex = undici.pipeline(ask.url, options, ({ statusCode, body: answer }) => {
    status = statusCode;
    return answer;
  });
  duplex.end(body);
  const all = await text(duplex);
  return { status, text: all };
}
