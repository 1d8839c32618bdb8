import type { Denial } from './denial.js';
import type { CallKind } from './edenai/classify.js';
import type { MaybePromise } from './maybe.js';

/** Looks a header up by its lower-case name. */
export type HeaderLookup = (name: string) => string | undefined;

/** A call as a transport (undici, node:http) hands it to the pipeline. */
export interface OutgoingRequest {
  readonly method: string;
  readonly origin: string;
  /** Path and query as sent. */
  readonly target: string;
  /** The path below the base URL, without the query: what the wire notes call an endpoint. */
  readonly path: string;
  readonly kind: CallKind;
  readonly header: HeaderLookup;
  /** The body, where it could be read without changing anything. */
  readonly body: Buffer | undefined;
  /** What holds it back until it is admitted. */
  readonly held: Held;
}

/** A call before it leaves, as far as the app can still take it back. */
export interface Held {
  /** True once the app has aborted it. */
  readonly aborted: boolean;
  /** Calls this when it is. */
  onAbort(told: () => void): void;
}

/** What the pipeline says before a call leaves. */
export type Admission =
  | { readonly admitted: true; readonly exchange: Exchange }
  | { readonly admitted: false; readonly denial: Denial; readonly reply: Reply };

/** An answer that is made here, and never came from the network. */
export interface Reply {
  readonly status: number;
  readonly statusText: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** An admitted call, as the transport reports what becomes of it. Each way out settles it, once. */
export interface Exchange {
  /** The body to send instead: it also asks for the stream's usage. Then `accept-encoding` has to be `identity`. */
  readonly changedBody: Buffer | undefined;
  /** Request headers to set, where they can still be changed; lower-case names. */
  readonly addedRequestHeaders: Readonly<Record<string, string>> | undefined;
  /** The answer's head. `'resend'`: drop this answer, and send the request as the app made it. */
  answered(status: number, header: HeaderLookup, hasBody: boolean): AnswerTap | 'resend';
  /** It failed, and surely no byte of it was sent. */
  unsent(cause: unknown): void;
  /** It failed after it was (or may have been) sent, and before an answer came. */
  lost(cause: unknown): void;
}

/** Reads an answer as it passes. It never throws, and never changes what it is not meant to. */
export interface AnswerTap {
  /** Headers to add to the answer. */
  readonly addedHeaders: Readonly<Record<string, string>> | undefined;
  /** The bytes to pass on now: the very same chunk unless the usage event is cut out; `undefined` for none. */
  data(chunk: Buffer): Buffer | undefined;
  /** The answer is complete: settles, then hands over the bytes that were held back. Waits only for large compressed bodies. */
  end(): MaybePromise<Buffer | undefined>;
  /** The answer broke off, or the app aborted it. */
  cut(cause: unknown): Buffer | undefined;
}

/** Which part of the process's traffic is Eden AI's, and what to do with it. */
export interface CallGate {
  /** The path below the base URL, or `undefined` for any other host. */
  match(origin: string, target: string): string | undefined;
  /** What the call is; one that is `free` costs nothing, whatever happens, and is passed on, without its own estimate. */
  kindOf(method: string, path: string): CallKind;
  /** Decides on a call; `undefined`: metering failed, send it as it is. */
  admit(request: OutgoingRequest, context: CallContext): MaybePromise<Admission | undefined>;
  /** What calls made now are attributed to. */
  context(): CallContext;
  /** Runs something so that calls made in it are attributed to this. */
  inContext<T>(context: CallContext, work: () => T): T;
}

/** What a call is attributed to; opaque to the transports. */
export type CallContext = object | undefined;

/** A request header by which a call states its own estimate in USD. It is taken off before the call leaves. */
export const ESTIMATE_HEADER = 'x-eden-cost-estimate';

/** Larger JSON requests are not read: they are held at their operation's estimate. */
export const MAX_REQUEST_BYTES = 16 * 1024 * 1024;
