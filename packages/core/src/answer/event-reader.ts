import type { AnswerFacts } from '../edenai/answer-facts.js';
import { type EventStreamOptions, EventStreamReader } from '../edenai/event-stream.js';
import type { Reader } from './reader.js';

/** Reads a stream of server-sent events; each event before its bytes are passed on. */
export class EventReader implements Reader {
  readonly #events: EventStreamReader;

  constructor(options: EventStreamOptions) {
    this.#events = new EventStreamReader(options);
  }

  push(chunk: Buffer): Buffer | undefined {
    const passed = this.#events.push(chunk);
    return passed.length === 0 && chunk.length > 0 ? undefined : passed;
  }

  end(): Buffer | undefined {
    const rest = this.#events.end();
    return rest.length === 0 ? undefined : rest;
  }

  /** Callers stop at the last event, and do not wait for the end of the bytes. */
  get final(): boolean {
    return this.#events.sawEnd && this.#events.facts.cost.kind === 'amount';
  }

  facts(): AnswerFacts {
    return this.#events.facts;
  }
}
