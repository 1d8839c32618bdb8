import type { Transform } from 'node:stream';
import type { AnswerFacts } from '../edenai/answer-facts.js';
import type { Codec } from './decoder.js';
import type { Reader } from './reader.js';

/** Up to here a compressed body is kept, and decoded in one synchronous step at its end. */
const SYNC_INPUT = 64 * 1024;
/** More than this is not decoded synchronously: 64 KiB of zeros would be 64 MiB. */
const SYNC_OUTPUT = 1024 * 1024;
/** More than this is not decoded at all. */
const STREAM_OUTPUT = 256 * 1024 * 1024;

/**
 * Reads a compressed body by decoding a copy of it; the caller gets the bytes as they came. A body that turns out large
 * is decoded by a stream beside it, and its end is held back until that has caught up.
 */
export class EncodedReader implements Reader {
  #kept: Buffer[] = [];
  #bytes = 0;
  #stream: Promise<void> | undefined;
  #decoder: Transform | undefined;
  /** What was decoded is not all of it. */
  #damaged = false;

  /** @param live true for event streams: decode at once, so that an event is read when it comes */
  constructor(
    private readonly inner: Reader,
    private readonly codec: Codec,
    private readonly live: boolean,
  ) {}

  push(chunk: Buffer): Buffer {
    if (this.#decoder !== undefined) {
      this.#decoder.write(chunk);
      return chunk;
    }
    this.#kept.push(chunk);
    this.#bytes += chunk.length;
    if (this.live || this.#bytes > SYNC_INPUT) this.#openStream();
    return chunk;
  }

  end(): undefined | Promise<undefined> {
    if (this.#decoder === undefined && !this.#decodeNow()) this.#openStream();
    if (this.#decoder === undefined) return undefined;
    this.#decoder.end();
    return this.#stream?.then(() => {
      this.inner.end();
      return undefined;
    });
  }

  facts(complete: boolean): AnswerFacts {
    if (this.#decoder === undefined) this.#decodeNow();
    return this.inner.facts(complete && !this.#damaged);
  }

  #decodeNow(): boolean {
    const input = this.#kept.length === 1 ? (this.#kept[0] as Buffer) : Buffer.concat(this.#kept);
    if (input.length === 0) return true;
    try {
      this.inner.push(this.codec.sync(input, SYNC_OUTPUT));
      this.inner.end();
      this.#kept = [];
      return true;
    } catch (error) {
      // anything but "too large" means that the bytes are not what they claim: there is nothing to read in them
      return (error as NodeJS.ErrnoException).code !== 'ERR_BUFFER_TOO_LARGE';
    }
  }

  #openStream(): void {
    const first = this.#kept.find(({ length }) => length > 0);
    if (first === undefined) return;
    const decoder = this.codec.stream(first);
    this.#decoder = decoder;
    this.#stream = new Promise((resolve) => {
      let decoded = 0;
      decoder.on('data', (chunk: Buffer) => {
        this.inner.push(chunk);
        decoded += chunk.length;
        if (decoded > STREAM_OUTPUT) {
          this.#damaged = true;
          decoder.destroy();
        }
      });
      decoder.on('error', () => {
        this.#damaged = true;
      });
      for (const event of ['end', 'error', 'close'] as const) decoder.on(event, () => resolve());
    });
    for (const chunk of this.#kept.splice(0)) decoder.write(chunk);
  }
}
