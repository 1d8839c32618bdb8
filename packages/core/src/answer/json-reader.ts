import { type AnswerFacts, type JsonAnswer, readJsonAnswer, withHeaders } from '../edenai/answer-facts.js';
import type { CallKind } from '../edenai/classify.js';
import type { Nanos } from '../money.js';
import type { Reader } from './reader.js';

/** Up to here a body is read whole. */
const WHOLE = 256 * 1024;
/** A v2 answer has its costs all over it, one with each provider. */
const WHOLE_V2 = 16 * 1024 * 1024;
/** Of a larger one, this much at either end: Universal AI puts its cost first, embeddings last. */
const EDGE = 64 * 1024;

/**
 * Keeps what it needs of a JSON body: all of a small one, both ends of a large one. It keeps references to the chunks,
 * not copies: undici and node:http hand each of them out once and do not use its memory again.
 */
export class JsonReader implements Reader {
  #chunks: Buffer[] = [];
  /** Bytes in `#chunks`. */
  #kept = 0;
  #head: Buffer | undefined;
  readonly #whole: number;

  constructor(
    private readonly kind: CallKind,
    private readonly headers: AnswerFacts,
    private readonly maxNanos: Nanos,
  ) {
    this.#whole = kind.family === 'v2' ? WHOLE_V2 : WHOLE;
  }

  push(chunk: Buffer): Buffer {
    this.#chunks.push(chunk);
    this.#kept += chunk.length;
    if (this.#head === undefined && this.#kept > this.#whole) this.#head = Buffer.concat(this.#chunks, EDGE);
    if (this.#head !== undefined) this.#dropFront();
    return chunk;
  }

  /** Forgets chunks from the front as long as the rest covers the tail. */
  #dropFront(): void {
    while (this.#kept - (this.#chunks[0]?.length ?? 0) >= EDGE) {
      this.#kept -= this.#chunks.shift()?.length ?? 0;
    }
  }

  end(): undefined {
    return undefined;
  }

  facts(complete: boolean): AnswerFacts {
    return withHeaders(readJsonAnswer(this.kind, this.#answer(complete), this.maxNanos), this.headers);
  }

  #answer(complete: boolean): JsonAnswer {
    // where a body was cut, nobody knows how deep its last bytes lie: a nested cost would look like the answer's
    if (this.#head !== undefined && !complete) return { head: this.#head };
    const kept = this.#chunks.length === 1 ? (this.#chunks[0] as Buffer) : Buffer.concat(this.#chunks);
    return this.#head === undefined ? { whole: kept } : { head: this.#head, tail: kept.subarray(-EDGE) };
  }
}
