import type { kMetered } from './metered-mark.js';
import type { RequestHeaders } from './undici-headers.js';

export interface DispatchOptions {
  readonly origin?: string | URL;
  readonly path?: string;
  readonly method?: string;
  readonly headers?: RequestHeaders;
  readonly body?: unknown;
  readonly upgrade?: unknown;
  readonly [kMetered]?: true;
}

export interface Dispatcher {
  dispatch(options: DispatchOptions, handler: Handler): boolean;
  close?(...args: unknown[]): unknown;
  destroy?(...args: unknown[]): unknown;
}

export type Dispatch = Dispatcher['dispatch'];

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
