import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { ClientRequest } from 'node:http';
import type { CallGate } from '../exchange.js';
import { handing } from './call-depth.js';
import { placeOf } from './named-place.js';

/** A call to Eden AI that went past the meter. */
export interface UnmeteredCall {
  readonly origin: string;
  /** Without the query. */
  readonly path: string;
  readonly reason: string;
  readonly fix: string;
}

type Why = Pick<UnmeteredCall, 'reason' | 'fix'>;

interface UndiciRequest {
  readonly origin?: unknown;
  readonly path?: unknown;
  /** What its `host` header says, where the app set one. */
  readonly host?: unknown;
  readonly method?: string;
}

type Http2Headers = Readonly<Record<string, string | undefined>>;

const UNDICI = {
  reason: 'it was made by a copy of undici that the meter does not know',
  fix: "Call meter.instrument(await import('undici')) with that copy once at start, or give your client meter.fetch",
};
const HTTP = {
  reason: 'something replaced, or froze, the method of node:http that the meter watches',
  fix: 'Load that package before the meter is made, or give your client meter.fetch',
};

const HTTP2 = {
  reason: 'it was made over HTTP/2, which the meter does not see through',
  fix: 'Let the client use HTTP/1.1 (got: http2: false), or give it meter.fetch',
};

/** Call sites that were told of; more are not. */
const SITES = 1_000;

/**
 * The watch: Node's diagnostics channels tell of every call that leaves, metered or not, and can stop none. A call to
 * Eden AI that did not come through the meter is told once for each place in the app that makes it.
 */
export class UnmeteredWatch {
  readonly #sites = new Set<string>();

  /** @param met whether a request of node:http came through the meter */
  constructor(
    private readonly gate: CallGate,
    private readonly met: (request: ClientRequest) => boolean,
    private readonly tell: (call: UnmeteredCall) => void,
  ) {}

  /** Returns what ends the watch. */
  start(): () => void {
    // a subscriber that throws would end the process
    const onUndici = (message: unknown) => quietly(() => this.#undici((message as { request: UndiciRequest }).request));
    const onHttp = (message: unknown) => quietly(() => this.#http((message as { request: ClientRequest }).request));
    const onHttp2 = (message: unknown) => quietly(() => this.#http2((message as { headers: Http2Headers }).headers));
    subscribe('undici:request:create', onUndici);
    subscribe('http.client.request.start', onHttp);
    subscribe('http2.client.stream.created', onHttp2); // since Node 22
    return () => {
      unsubscribe('undici:request:create', onUndici);
      unsubscribe('http.client.request.start', onHttp);
      unsubscribe('http2.client.stream.created', onHttp2);
    };
  }

  #undici({ origin, path, host, method = 'GET' }: UndiciRequest): void {
    const hostHeader = () => (typeof host === 'string' ? host : undefined);
    if (!handing.over) this.#see(String(origin), String(path), method, UNDICI, hostHeader);
  }

  #http(request: ClientRequest): void {
    if (this.met(request)) return;
    const { protocol, path, method } = request;
    this.#see(`${protocol}//${request.getHeader('host') ?? request.host}`, path, method, HTTP);
  }

  #http2(headers: Http2Headers): void {
    const { ':scheme': scheme, ':authority': authority, ':path': path, ':method': method = 'GET' } = headers;
    const origin = `${scheme}://${authority}`;
    if (this.gate.match(origin, String(path)) === undefined || fromUndici(new Error().stack)) return;
    this.#see(origin, String(path), method, HTTP2);
  }

  #see(origin: string, target: string, method: string, why: Why, hostHeader: () => string | undefined = unnamed): void {
    const place = placeOf(this.gate, origin, target, hostHeader);
    if (place === undefined || this.gate.kindOf(method, place.path).free) return;
    const site = callSite(new Error().stack);
    if (this.#sites.has(site) || this.#sites.size >= SITES) return;
    this.#sites.add(site);
    this.tell({ ...place, ...why });
  }
}

const unnamed = () => undefined;

/** undici has told of its own requests before it writes them. */
const fromUndici = (stack = ''): boolean => /[\\/]client-h2\.js|node:internal[\\/]deps[\\/]undici/.test(stack);

/** The nearest line of the app's own code; calls that come from nowhere share one place. */
function callSite(stack = ''): string {
  const lines = stack.split('\n').filter((line) => /^\s+at .*[\\/]/.test(line));
  const app = lines.find((line) => !/node:|[\\/]node_modules[\\/]|[\\/]intercept[\\/]unmetered/.test(line));
  return (app ?? 'unknown').trim();
}

function quietly(fn: () => void): void {
  try {
    fn();
  } catch {
    // the watch tells of calls; it must not break one
  }
}
