import { isPromise } from '../maybe.js';
import { addRawHeaders } from './undici-headers.js';
import {
  type Controller,
  type ControllerHandler,
  type Handler,
  hasController,
  type LegacyHandler,
} from './undici-types.js';
import { Watch, type Watched } from './undici-watch.js';

/**
 * Watches one exchange over the handler that undici calls. A client that sends again, after an error or to where it was
 * redirected, does so as it is told of the end, which on a warm socket comes in another request's async context.
 */
export function meteredHandler(inner: Handler, watched: Watched): Handler {
  const watch = new Watch(watched);
  return hasController(inner) ? new MeteredControllerHandler(inner, watch) : new MeteredLegacyHandler(inner, watch);
}

class MeteredLegacyHandler implements LegacyHandler {
  constructor(
    private readonly inner: LegacyHandler,
    private readonly watch: Watch,
  ) {}

  onConnect(abort: (reason?: unknown) => void, context?: unknown): void {
    this.inner.onConnect?.(abort, context);
    if (!this.watch.hasBody) this.watch.sent();
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
    if (isPromise(rest)) rest.then((bytes) => this.#complete(bytes, trailers)).catch((error) => this.#broken(error));
    else this.#complete(rest, trailers);
  }

  #complete(rest: Buffer | undefined, trailers: unknown[] | null): void {
    if (rest !== undefined) this.inner.onData?.(rest);
    this.watch.inContext(() => this.inner.onComplete?.(trailers));
  }

  /** What a handler throws, undici hands back to it: here nobody else would hear of it. */
  #broken(error: unknown): void {
    this.watch.inContext(() => this.inner.onError?.(error));
  }

  onError(error: unknown): void {
    const rest = this.watch.failed(error);
    if (rest !== undefined) this.inner.onData?.(rest);
    this.watch.inContext(() => this.inner.onError?.(error));
  }

  /** A request's head leaves with the first bytes of its body, which may fail before there are any. */
  onBodySent(chunk: unknown, total?: number): void {
    this.watch.sent();
    this.inner.onBodySent?.(chunk, total);
  }

  onRequestSent(): void {
    this.watch.sent();
    this.inner.onRequestSent?.();
  }
}

class MeteredControllerHandler implements ControllerHandler {
  constructor(
    private readonly inner: ControllerHandler,
    private readonly watch: Watch,
  ) {}

  /** undici 7 does not tell such a handler when the first bytes leave. A client may abort the request on hearing of its socket. */
  onRequestStart(controller: Controller, context?: unknown): void {
    this.inner.onRequestStart?.(controller, context);
    this.watch.sent();
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
    if (isPromise(rest)) {
      rest.then((bytes) => this.#end(bytes, controller, trailers)).catch((error) => this.#broken(controller, error));
    } else this.#end(rest, controller, trailers);
  }

  #broken(controller: Controller, error: unknown): void {
    this.watch.inContext(() => this.inner.onResponseError?.(controller, error));
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
