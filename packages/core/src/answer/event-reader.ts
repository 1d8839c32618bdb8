import { type AnswerFacts, withHeaders } from '../edenai/answer-facts.js';
import { isZero, MISSING_COST } from '../edenai/cost.js';
import { type EventStreamOptions, EventStreamReader } from '../edenai/event-stream.js';
import type { Reader } from './reader.js';

/** Reads a stream of server-sent events; each event before its bytes are passed on. */
export class EventReader implements Reader {
  readonly #events: EventStreamReader;

  constructor(
    options: EventStreamOptions,
    private readonly headers: AnswerFacts,
  ) {
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
    return this.#events.sawEnd && this.facts().cost.kind === 'amount';
  }

  /** A 0 in a header was written before the stream began: of one that is cut it says nothing. */
  facts(): AnswerFacts {
    const { facts, sawEnd } = this.#events;
    const tooEarly = isZero(this.headers.cost) && !sawEnd;
    return withHeaders(facts, tooEarly ? { ...this.headers, cost: MISSING_COST } : this.headers);
  }
}
