import http, { type Agent, type ClientRequest, type RequestOptions } from 'node:http';
import { type CallGate, ESTIMATE_HEADER } from '../exchange.js';
import { headerOf, takeOff } from './http-headers.js';
import { HeldRequest } from './http-held-request.js';
import { type RawRequest, watchRaw } from './http-raw-request.js';
import type { HttpTarget } from './http-target.js';
import { kMetered } from './metered-mark.js';
import { placeOf } from './named-place.js';
import { replace } from './patch.js';

/** Node's own method, which is not documented: `addRequest(request, options)`, called by the constructor of ClientRequest. */
type AddRequest = (this: Agent, request: ClientRequest, options: RequestOptions | string, ...rest: unknown[]) => void;
type StoreHeader = (this: ClientRequest, firstLine: string, headers: unknown) => void;

interface AgentPrototype extends Agent {
  addRequest: AddRequest;
}

interface RequestPrototype extends ClientRequest {
  _storeHeader: StoreHeader;
}

interface WatchedMethods {
  readonly addRequest: AddRequest;
  readonly storeHeader: StoreHeader;
}

/**
 * Meters what goes through node:http and node:https. Every request reaches its agent by one method, whoever captured
 * `http.request`, and https's agents inherit it. Agents that have one of their own, and requests with a connection of
 * their own, are met when their header is written.
 */
export class HttpLayer {
  /** What costs nothing is not held: all that is done to it is to take its own estimate off. */
  #free: WeakSet<ClientRequest> | undefined;
  /** Nothing can be added to these: they could be neither held nor watched. */
  #missed: WeakSet<ClientRequest> | undefined;
  /** Ours, once both are in their places: not where one is frozen. */
  #methods: WatchedMethods | undefined;

  constructor(private readonly gate: CallGate) {}

  /** Patches node:http. Returns what takes it back: false when some of it had to stay, inert. */
  install(): () => boolean {
    const layer = this;
    const prototype = http.Agent.prototype as AgentPrototype;
    const before = watchedMethods();
    const undo = [
      replace(
        prototype,
        'addRequest',
        (original) =>
          function addRequest(this: Agent, request, given, ...rest) {
            const pass = () => original.call(this, request, given, ...rest);
            const options = asOptions(given, rest);
            const isMetered = kMetered in options;
            if (isMetered) mark(request);
            const target = isMetered ? undefined : layer.#targetOf(request, options);
            if (target === undefined || request.destroyed) pass();
            else new HeldRequest(request, options, this, target, layer.gate, pass).hold();
          },
      ),
      replace(
        http.ClientRequest.prototype as RequestPrototype,
        '_storeHeader',
        (original) =>
          function _storeHeader(this: ClientRequest, firstLine, headers) {
            original.call(this, firstLine, headers);
            if (layer.#free?.has(this)) takeOff(this, ESTIMATE_HEADER);
            const { agent } = this as { agent?: Partial<AgentPrototype> };
            if (agent?.addRequest === prototype.addRequest) return;
            const target = layer.#targetOf(this, undefined);
            if (target === undefined) return;
            if (Object.isExtensible(this)) watchRaw(this as RawRequest, target, layer.gate);
            else layer.#miss(this);
          },
      ),
    ];
    const methods = watchedMethods();
    const { addRequest, storeHeader } = methods;
    if (addRequest !== before.addRequest && storeHeader !== before.storeHeader) this.#methods = methods;
    return () => undo.map((one) => one()).every(Boolean);
  }

  /** Whether a request came through here, as all do while nobody has replaced these methods again. */
  met(request: ClientRequest): boolean {
    if (this.#missed?.has(request)) return false;
    if (kMet in request) return true;
    const { addRequest, storeHeader } = watchedMethods();
    return addRequest === this.#methods?.addRequest && storeHeader === this.#methods.storeHeader;
  }

  /** Where a request to Eden AI goes; `undefined` for any other, for what costs nothing, and for one that was met before. */
  #targetOf(request: ClientRequest, options: RequestOptions | undefined): HttpTarget | undefined {
    const { origin: said, target } = destination(request, options);
    const place = placeOf(this.gate, said, target, () => headerOf(request)('host'));
    if (place === undefined || request.method === 'CONNECT') return undefined;
    const { origin, path } = place;
    const kind = this.gate.kindOf(request.method, path);
    if (kind.free) {
      this.#free ??= new WeakSet();
      this.#free.add(request);
      takeOff(request, ESTIMATE_HEADER);
    }
    if (kind.free || kMet in request) return undefined;
    mark(request);
    return { origin, target, path, kind };
  }

  #miss(request: ClientRequest): void {
    this.#missed ??= new WeakSet();
    this.#missed.add(request);
  }
}

/** Marks a request that was met: an agent with a method of its own may call the common one as well. */
const kMet: unique symbol = Symbol('eden-cost: met') as never;

function mark(request: ClientRequest & { [kMet]?: true }): void {
  try {
    request[kMet] = true;
  } catch {
    // nothing can be added to it
  }
}

/** Node still takes its older `addRequest(request, host, port, localAddress)`. */
const asOptions = (given: RequestOptions | string, [port, localAddress]: unknown[]): RequestOptions =>
  typeof given === 'string' ? ({ host: given, port, localAddress } as RequestOptions) : given;

const watchedMethods = (): WatchedMethods => ({
  addRequest: (http.Agent.prototype as AgentPrototype).addRequest,
  storeHeader: (http.ClientRequest.prototype as RequestPrototype)._storeHeader,
});

/** A request to a forward proxy names its whole URL in its path. */
function destination(request: ClientRequest, options: RequestOptions | undefined): { origin: string; target: string } {
  const { path } = request;
  if (!path.startsWith('/') && /^https?:\/\//i.test(path) && URL.canParse(path)) {
    const { origin, pathname, search } = new URL(path);
    return { origin, target: pathname + search };
  }
  const host = options?.host ?? request.host;
  const port = options?.port ?? undefined;
  const authority = port === undefined ? (headerOf(request)('host') ?? host) : `${bracketed(String(host))}:${port}`;
  return { origin: `${request.protocol}//${authority}`, target: path };
}

const bracketed = (host: string) => (host.includes(':') && !host.startsWith('[') ? `[${host}]` : host);
