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
  #seen = 0;
  #head: Buffer | undefined;
  /** Where the tail of a body begins that is known to be large: what comes before it need not be kept at all. */
  readonly #tailAt: number;
  readonly #whole: number;

  /** @param length of the body in bytes, where that is known before it comes */
  constructor(
    private readonly kind: CallKind,
    private readonly headers: AnswerFacts,
    private readonly maxNanos: Nanos,
    length: number | undefined,
  ) {
    this.#whole = kind.family === 'v2' ? WHOLE_V2 : WHOLE;
    this.#tailAt = length !== undefined && length > this.#whole ? length - EDGE : 0;
  }

  push(chunk: Buffer): Buffer {
    this.#seen += chunk.length;
    if (this.#head !== undefined && this.#seen <= this.#tailAt) return chunk;
    this.#chunks.push(chunk);
    this.#kept += chunk.length;
    const isLarge = this.#tailAt > 0 ? this.#kept >= EDGE : this.#kept > this.#whole;
    if (this.#head === undefined && isLarge) this.#head = Buffer.concat(this.#chunks, EDGE);
    if (this.#head !== undefined) this.#dropFront();
    return chunk;
  }

  /** Forgets chunks from the front that have no part of the tail. */
  #dropFront(): void {
    const needed = this.#seen <= this.#tailAt ? 0 : EDGE;
    for (
      let [first] = this.#chunks;
      first !== undefined && this.#kept - first.length >= needed;
      [first] = this.#chunks
    ) {
      this.#chunks.shift();
      this.#kept -= first.length;
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
