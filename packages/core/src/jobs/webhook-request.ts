import { isAnyArrayBuffer } from 'node:util/types';
import { OptionsError } from '../errors.js';

/** The body of a request, as it came. For one that is not there, nobody kept it: an `OptionsError` says how to. */
export type WebhookBody = string | Uint8Array | ArrayBuffer | undefined;

/** The headers of a request in the shapes that frameworks have: node's, a `Headers` of whichever copy of undici, a `Map`. */
export type WebhookHeaders =
  | { get(name: string): string | null | undefined }
  | Iterable<readonly [string, string]>
  | Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * @returns the body as text, or as bytes that are not copied
 * @throws {OptionsError} `ERR_COST_OPTIONS` for a body that was parsed, or is not there
 */
export function rawBodyOf(rawBody: unknown): string | Buffer {
  if (typeof rawBody === 'string') return rawBody;
  if (ArrayBuffer.isView(rawBody)) return Buffer.from(rawBody.buffer, rawBody.byteOffset, rawBody.byteLength);
  if (isAnyArrayBuffer(rawBody)) return Buffer.from(rawBody);
  const given = rawBody === undefined || rawBody === null ? 'none' : 'one that was parsed';
  throw new OptionsError(
    `jobs.webhook() takes the raw body as it came, text or bytes, and got ${given}: pass the raw body (Express: express.raw({ type: '*/*', limit: '20mb' }) on the route, before any other parser; Koa: ctx.request.rawBody; NestJS: { rawBody: true }, and req.rawBody)`,
  );
}

/**
 * @param name in lower case
 * @throws {OptionsError} `ERR_COST_OPTIONS` for what holds no headers
 */
export function headerIn(headers: unknown, name: string): string | undefined {
  if (typeof headers !== 'object' || headers === null) {
    throw new OptionsError("jobs.webhook(rawBody, headers) takes the request's headers as its second argument");
  }
  const value = got(headers, name) ?? listed(headers, name);
  return Array.isArray(value) ? textIn(value[0]) : textIn(value);
}

const textIn = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** `get()` of a `Headers` takes any case, and that of a `Map` the very name. */
function got(headers: object, name: string): unknown {
  const { get } = headers as { get?: unknown };
  return typeof get === 'function' ? get.call(headers, name) : undefined;
}

function listed(headers: object, name: string): unknown {
  const isIterable = Symbol.iterator in headers;
  const entries: unknown[] = isIterable ? [...(headers as Iterable<unknown>)] : Object.entries(headers);
  const found = entries.find((entry) => Array.isArray(entry) && String(entry[0]).toLowerCase() === name);
  return (found as unknown[] | undefined)?.[1];
}
