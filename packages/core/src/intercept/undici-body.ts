import type { HeaderLookup } from '../exchange.js';
import { MAX_REQUEST_BYTES } from '../exchange.js';
import type { MaybePromise } from '../maybe.js';
import { bodyBeingSent } from './fetch-body.js';

const UNREADABLE = /^(multipart\/|audio\/|video\/|image\/|application\/octet-stream)/i;

/**
 * The whole body of a request, where reading it costs nothing: a string or a Buffer at once, as is what fetch was given
 * as one; fetch's async iterable (its length is known) else in a few microtasks. `undefined`: it is left alone, as uploads and bodies of unknown length are.
 */
export function readBody(body: unknown, header: HeaderLookup): MaybePromise<Buffer | undefined> {
  if (typeof body === 'string') return Buffer.from(body);
  if (body instanceof Uint8Array || Buffer.isBuffer(body)) {
    return Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  }
  if (typeof body !== 'object' || body === null || !(Symbol.asyncIterator in body)) return undefined;
  const length = Number(header('content-length') ?? Number.NaN);
  if (!(length <= MAX_REQUEST_BYTES) || UNREADABLE.test(header('content-type') ?? '')) return undefined;
  return bodyBeingSent(length) ?? collect(body as AsyncIterable<Uint8Array | string>);
}

async function collect(body: AsyncIterable<Uint8Array | string>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(typeof chunk === 'string' ? Buffer.from(chunk) : Buffer.from(chunk));
  return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
}
