import type { AnswerFacts } from '../edenai/answer-facts.js';
import type { MaybePromise } from '../maybe.js';

/** Reads one kind of answer body while it passes. It must not throw for any bytes. */
export interface Reader {
  /** The bytes to pass on now; the same chunk unless something is cut out. */
  push(chunk: Buffer): Buffer | undefined;
  /** No more bytes will come. Returns those that were held back. */
  end(): MaybePromise<Buffer | undefined>;
  /** True once nothing that is still to come can change what is known: an event stream has said its last word. */
  readonly final?: boolean;
  /** What is known. `complete: false` when the answer broke off. */
  facts(complete: boolean): AnswerFacts;
}
