import type { HeaderLookup } from '../exchange.js';
import { MAX_REQUEST_BYTES } from '../exchange.js';
import type { MaybePromise } from '../maybe.js';
import { bodyBeingSent } from './fetch-body.js';

/** A request's body, as far as it was read. */
export interface ReadBody {
  /** All of it; `undefined`: it is left alone, as uploads and bodies of unknown length are. */
  readonly bytes?: Buffer;
  /** What is to be sent in its place: an iterable is used up by being read. */
  readonly sent?: Buffer | AsyncIterable<Chunk>;
}

type Chunk = Uint8Array | string;

const UNREADABLE = /^(multipart\/|audio\/|video\/|image\/|application\/octet-stream)/i;

/**
 * Reads a request's body where that costs nothing: a string or bytes at once, as well as what fetch was given as one; an
 * async iterable whose length is known, as fetch makes of every body, else in a few microtasks.
 */
export function readBody(body: unknown, header: HeaderLookup): MaybePromise<ReadBody> {
  if (typeof body === 'string') return { bytes: Buffer.from(body) };
  if (body instanceof Uint8Array) return { bytes: asBuffer(body) };
  if (!isIterable(body)) return {};
  const length = Number(header('content-length') ?? Number.NaN);
  if (!(length <= MAX_REQUEST_BYTES) || UNREADABLE.test(header('content-type') ?? '')) return {};
  const sending = bodyBeingSent();
  // a copy: the app may go on to write into its own
  const bytes = sending === undefined || mayChange(sending) ? undefined : Buffer.from(sending as Uint8Array);
  return bytes?.length === length ? { bytes } : collect(body, length);
}

/** Reads a body that nobody sends to its end: whoever writes it may wait for that. */
export async function drain(body: unknown): Promise<void> {
  if (!isIterable(body)) return;
  try {
    for await (const _ of body);
  } catch {
    // whoever made it knows
  }
}

const asBuffer = ({ buffer, byteOffset, byteLength }: Uint8Array): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength);

const isIterable = (body: unknown): body is AsyncIterable<Chunk> =>
  typeof body === 'object' && body !== null && Symbol.asyncIterator in body;

/**
 * What fetch was given need not be what it sends: another wrapper of it, or of its dispatcher, may have changed that. It is
 * good enough to tell what the call is; where other bytes may have to be sent, they are made of what really comes.
 */
function mayChange(sending: string | Uint8Array): boolean {
  const body = typeof sending === 'string' ? sending : asBuffer(sending);
  return body.includes('"stream"') || body.includes('\\u');
}

/** No more than its length: for what is longer, or breaks off, undici has an error of its own. */
async function collect(body: AsyncIterable<Chunk>, length: number): Promise<ReadBody> {
  const iterator = body[Symbol.asyncIterator]();
  const chunks: Buffer[] = [];
  let seen = 0;
  for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
    const chunk = Buffer.from(next.value as Uint8Array);
    chunks.push(chunk);
    seen += chunk.length;
    if (seen > length) return { sent: goOn(chunks, iterator) };
  }
  const bytes = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
  return { bytes, sent: bytes };
}

async function* goOn(chunks: readonly Buffer[], iterator: AsyncIterator<Chunk>): AsyncGenerator<Chunk> {
  yield* chunks;
  yield* { [Symbol.asyncIterator]: () => iterator };
}
