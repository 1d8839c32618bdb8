import type { Client } from '../client.js';
import type { TlsFront } from '../tls-front.js';

/** A client of the coverage, and what it does by itself. */
export interface CoveredClient extends Client {
  /** Which API it speaks. Default: chat completions. */
  readonly api?: 'messages';
  /** Sends again what is answered with a 500. */
  readonly retries?: true;
  /** Follows a 307. */
  readonly redirects?: true;
  /** Its request body is a stream, which nobody reads ahead: only the app itself can ask for the usage. */
  readonly streamsBody?: true;
  /** Where it finds Eden AI. Default: the origin of its place. */
  readonly origin?: string;
}

/** Where the clients find Eden AI. */
export interface Place {
  readonly origin: string;
  /** What an OpenAI client takes as its base URL. */
  readonly baseURL: string;
  /** A proxy that makes tunnels. */
  readonly proxy: string;
  /** The same over TLS: clients offer more encodings there. */
  readonly secure: Pick<TlsFront, 'origin' | 'tls'>;
  /** The same by a name that only a lookup of the client's own can resolve, to this port. */
  readonly named: { readonly origin: string; readonly port: number };
}

export type Clients = Readonly<Record<string, CoveredClient>>;

/** undici 8, got 16, ky 2, openai 7 and ai 7 need Node 22. */
export const HAS_NEWEST = Number(process.versions.node.split('.')[0]) >= 22;

const undiciNames = (major: number) =>
  [
    'request',
    'fetch',
    'stream',
    'pipeline',
    'request over an Agent of its own',
    'fetch over an Agent of its own',
    'request over a Pool',
    'request over a Client',
    'request over a BalancedPool',
    'request over a RetryAgent',
    'request over the interceptor that retries',
    'request over the interceptor that redirects',
    'request over a ProxyAgent',
    'request over the interceptor that resolves names',
    'fetch over the interceptor that resolves names',
    'request over https',
    'fetch over https',
  ].map((name) => `undici ${major}: ${name}`);

export const COVERED: readonly string[] = [
  ...['fetch', 'fetch of a Request', 'ky', 'axios', 'axios without redirects', 'axios over fetch', 'got 11', 'got 14'],
  ...['fetch over https', 'got 14 over https'],
  ...['node-fetch 2', 'node-fetch 3', 'superagent', 'http.request through a tunnel'],
  ...['openai 4', 'openai 5', 'openai 6', "Anthropic's SDK", 'AI SDK 6', 'LangChain'],
  ...undiciNames(6),
  'undici 6: request with maxRedirections',
  ...undiciNames(7),
  ...(HAS_NEWEST ? [...undiciNames(8), 'got 16', 'got 16 over https', 'ky 2', 'openai 7', 'AI SDK 7'] : []),
];
