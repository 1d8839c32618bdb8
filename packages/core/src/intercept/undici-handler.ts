import type { AnswerTap, Exchange } from '../exchange.js';
import { isPromise } from '../maybe.js';
import { addRawHeaders, responseHeader } from './undici-headers.js';

/**
 * undici has two shapes of handler. The wrapper mirrors the one that it is given: undici 8 refuses the legacy shape,
 * and the fetch of Node 20 to 24 speaks nothing else.
 */
export type Handler = LegacyHandler | ControllerHandler;

export interface LegacyHandler {
  onConnect?(abort: (reason?: unknown) => void, context?: unknown): void;
  onUpgrade?(status: number, headers: unknown[], socket: unknown): void;
  onResponseStarted?(): void;
  onHeaders?(status: number, headers: unknown[], resume: () => void, statusText: string): boolean;
  onData?(chunk: Buffer): boolean;
  onComplete?(trailers: unknown[] | null): void;
  onError?(error: unknown): void;
  onBodySent?(chunk: unknown, total?: number): void;
  onRequestSent?(): void;
}

export interface Controller {
  rawHeaders?: unknown;
  rawTrailers?: unknown;
  readonly aborted: boolean;
  readonly paused: boolean;
  readonly reason?: unknown;
  abort(reason?: unknown): void;
  pause(): void;
  resume(): void;
}

export interface ControllerHandler {
  onRequestStart?(controller: Controller, context?: unknown): void;
  onRequestUpgrade?(controller: Controller, status: number, headers: Record<string, unknown>, socket: unknown): void;
  onResponseStarted?(): void;
  onResponseStart?(controller: Controller, status: number, headers: Record<string, unknown>, statusText?: string): void;
  onResponseData?(controller: Controller, chunk: Buffer): void;
  onResponseEnd?(controller: Controller, trailers: Record<string, unknown>): void;
  onResponseError?(controller: Controller | undefined, error: unknown): void;
  onBodySent?(chunk: unknown, total?: number): void;
  onRequestSent?(): void;
}

export const hasController = (handler: Handler): handler is ControllerHandler =>
  typeof (handler as ControllerHandler).onRequestStart === 'function' ||
  typeof (handler as ControllerHandler).onResponseStart === 'function';

/** Runs something in the context that the call was made in. */
export type InContext = <T>(work: () => T) => T;

export interface Watched {
  readonly exchange: Exchange;
  readonly method: string;
  /** Sends the request as the app made it. */
  readonly resend: () => void;
  readonly inContext: InContext;
}

/**
 * Watches one exchange over the handler that undici calls. A client that sends again, after an error or to where it was
 * redirected, does so as it is told of the end, which on a warm socket comes in another request's async context.
 */
export function meteredHandler(inner: Handler, watched: Watched): Handler {
  const watch = new Watch(watched);
  return hasController(inner) ? new MeteredControllerHandler(inner, watch) : new MeteredLegacyHandler(inner, watch);
}

/** What both shapes have in common: where the exchange stands. */
class Watch {
  tap: AnswerTap | undefined;
  /** Set while an answer to a changed request is dropped, to send the untouched one instead. */
  dropping = false;
  #sent = false;
  #over = false;

  readonly resend: () => void;
  readonly inContext: InContext;
  readonly #exchange: Exchange;
  readonly #method: string;

  constructor({ exchange, method, resend, inContext }: Watched) {
    this.#exchange = exchange;
    this.#method = method;
    this.resend = resend;
    this.inContext = inContext;
  }

  /** The request has a socket, and its client has not aborted it on hearing so: from here on bytes of it may have left. */
  connected(): void {
    this.#sent = true;
  }

  /** True when the answer is to be passed on. */
  answered(status: number, headers: unknown[] | Record<string, unknown>): boolean {
    const hasBody = this.#method !== 'HEAD' && status !== 204 && status !== 304;
    const tap = this.#exchange.answered(status, responseHeader(headers), hasBody);
    this.dropping = tap === 'resend';
    this.tap = tap === 'resend' ? undefined : tap;
    return !this.dropping;
  }

  end(): ReturnType<AnswerTap['end']> {
    this.#over = true;
    return this.tap?.end();
  }

  /** Bytes that were held back when the answer broke off. */
  failed(cause: unknown): Buffer | undefined {
    if (this.#over) return undefined;
    this.#over = true;
    if (this.tap !== undefined) return this.tap.cut(cause);
    if (this.#sent) this.#exchange.lost(cause);
    else this.#exchange.unsent(cause);
    return undefined;
  }
}

class MeteredLegacyHandler implements LegacyHandler {
  constructor(
    private readonly inner: LegacyHandler,
    private readonly watch: Watch,
  ) {}

  onConnect(abort: (reason?: unknown) => void, context?: unknown): void {
    this.inner.onConnect?.(abort, context);
    this.watch.connected();
  }

  onUpgrade(status: number, headers: unknown[], socket: unknown): void {
    this.watch.failed(undefined);
    this.inner.onUpgrade?.(status, headers, socket);
  }

  onResponseStarted(): void {
    this.inner.onResponseStarted?.();
  }

  onHeaders(status: number, headers: unknown[], resume: () => void, statusText: string): boolean {
    if (status >= 200 && !this.watch.answered(status, headers)) return true;
    const added = this.watch.tap?.addedHeaders;
    const passed = added === undefined ? headers : addRawHeaders(headers, added);
    return this.inner.onHeaders?.(status, passed, resume, statusText) ?? true;
  }

  onData(chunk: Buffer): boolean {
    if (this.watch.dropping) return true;
    const passed = this.watch.tap === undefined ? chunk : this.watch.tap.data(chunk);
    return passed === undefined ? true : (this.inner.onData?.(passed) ?? true);
  }

  onComplete(trailers: unknown[] | null): void {
    if (this.watch.dropping) {
      this.watch.resend();
      return;
    }
    const rest = this.watch.end();
    if (isPromise(rest)) rest.then((bytes) => this.#complete(bytes, trailers));
    else this.#complete(rest, trailers);
  }

  #complete(rest: Buffer | undefined, trailers: unknown[] | null): void {
    if (rest !== undefined) this.inner.onData?.(rest);
    this.watch.inContext(() => this.inner.onComplete?.(trailers));
  }

  onError(error: unknown): void {
    const rest = this.watch.failed(error);
    if (rest !== undefined) this.inner.onData?.(rest);
    this.watch.inContext(() => this.inner.onError?.(error));
  }

  onBodySent(chunk: unknown, total?: number): void {
    this.inner.onBodySent?.(chunk, total);
  }

  onRequestSent(): void {
    this.inner.onRequestSent?.();
  }
}

class MeteredControllerHandler implements ControllerHandler {
  constructor(
    private readonly inner: ControllerHandler,
    private readonly watch: Watch,
  ) {}

  onRequestStart(controller: Controller, context?: unknown): void {
    this.inner.onRequestStart?.(controller, context);
    this.watch.connected();
  }

  onRequestUpgrade(controller: Controller, status: number, headers: Record<string, unknown>, socket: unknown): void {
    this.watch.failed(undefined);
    this.inner.onRequestUpgrade?.(controller, status, headers, socket);
  }

  onResponseStarted(): void {
    this.inner.onResponseStarted?.();
  }

  onResponseStart(controller: Controller, status: number, headers: Record<string, unknown>, statusText?: string): void {
    if (status >= 200 && !this.watch.answered(status, headers)) return;
    const added = this.watch.tap?.addedHeaders;
    if (added === undefined) {
      this.inner.onResponseStart?.(controller, status, headers, statusText);
      return;
    }
    // fetch reads the raw list, everything else the object
    if (Array.isArray(controller.rawHeaders)) controller.rawHeaders = addRawHeaders(controller.rawHeaders, added);
    this.inner.onResponseStart?.(controller, status, { ...headers, ...added }, statusText);
  }

  onResponseData(controller: Controller, chunk: Buffer): void {
    if (this.watch.dropping) return;
    const passed = this.watch.tap === undefined ? chunk : this.watch.tap.data(chunk);
    if (passed !== undefined) this.inner.onResponseData?.(controller, passed);
  }

  onResponseEnd(controller: Controller, trailers: Record<string, unknown>): void {
    if (this.watch.dropping) {
      this.watch.resend();
      return;
    }
    const rest = this.watch.end();
    if (isPromise(rest)) rest.then((bytes) => this.#end(bytes, controller, trailers));
    else this.#end(rest, controller, trailers);
  }

  #end(rest: Buffer | undefined, controller: Controller, trailers: Record<string, unknown>): void {
    if (rest !== undefined) this.inner.onResponseData?.(controller, rest);
    this.watch.inContext(() => this.inner.onResponseEnd?.(controller, trailers));
  }

  onResponseError(controller: Controller | undefined, error: unknown): void {
    const rest = this.watch.failed(error);
    if (rest !== undefined && controller !== undefined) this.inner.onResponseData?.(controller, rest);
    this.watch.inContext(() => this.inner.onResponseError?.(controller, error));
  }

  onBodySent(chunk: unknown, total?: number): void {
    this.inner.onBodySent?.(chunk, total);
  }

  onRequestSent(): void {
    this.inner.onRequestSent?.();
  }
}
