import { type AnswerFacts, NOTHING_KNOWN } from '../edenai/answer-facts.js';
import type { AnswerTap } from '../exchange.js';
import { type MaybePromise, then } from '../maybe.js';
import type { Reader } from './reader.js';

/** Is told once what an answer came to. */
export type AnswerEnd = (kind: 'complete' | 'cut', facts: AnswerFacts) => void;

/**
 * Puts a reader into the way of an answer. A reader that fails is left out from then on: the answer goes on as it came,
 * and the call is settled by what is known.
 */
export class ReaderTap implements AnswerTap {
  #over = false;
  #broken = false;

  constructor(
    private readonly reader: Reader,
    private readonly onEnd: AnswerEnd,
    readonly addedHeaders: Readonly<Record<string, string>> | undefined,
  ) {}

  data(chunk: Buffer): Buffer | undefined {
    if (this.#broken) return chunk;
    try {
      const passed = this.reader.push(chunk);
      if (this.reader.final) this.#finish('complete');
      return passed;
    } catch {
      this.#broken = true;
      return chunk;
    }
  }

  end(): MaybePromise<Buffer | undefined> {
    return then(this.#rest(), (rest) => {
      this.#finish('complete');
      return rest;
    });
  }

  #rest(): MaybePromise<Buffer | undefined> {
    try {
      return this.reader.end();
    } catch {
      return undefined;
    }
  }

  cut(): Buffer | undefined {
    const rest = this.#rest();
    if (rest instanceof Promise) {
      rest.then(() => this.#finish('cut'));
      return undefined;
    }
    this.#finish('cut');
    return rest;
  }

  #finish(kind: 'complete' | 'cut'): void {
    if (this.#over) return;
    this.#over = true;
    this.onEnd(kind, this.#facts(kind === 'complete'));
  }

  #facts(complete: boolean): AnswerFacts {
    try {
      return this.reader.facts(complete);
    } catch {
      return NOTHING_KNOWN;
    }
  }
}
