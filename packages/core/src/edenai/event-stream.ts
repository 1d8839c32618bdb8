import type { Operation } from '../charge.js';
import type { Nanos } from '../money.js';
import type { AnswerFacts } from './answer-facts.js';
import type { Family } from './classify.js';
import { EventSplitter } from './event-splitter.js';
import { readEventEnds, readEventText } from './event-text.js';
import { StreamFacts } from './stream-facts.js';
import { isUsageEvent } from './usage-event.js';

export interface EventStreamOptions {
  readonly operation: Operation;
  readonly family: Family;
  /** Integer nano-USD; a cost above it is not believed. */
  readonly maxNanos: Nanos;
  /** The usage was asked for by us, not by the caller: take its event out again. */
  readonly strip: boolean;
}

/**
 * What an event must hold to be worth parsing. Content chunks hold none of it: OpenAI's streams put `"usage":null` and
 * `"finish_reason":null` on every chunk, and inside a JSON string the quotes would be escaped.
 */
const WORTH_READING =
  /"(?:(?:finish_reason|usage|cost)"\s*:(?!\s*(?:null|""))|error"(?!\s*:\s*null)|edenai_metadata"|message_(?:start|delta|stop)"|response\.(?:completed|incomplete|failed)")|^event: ?error|\[DONE\]/m;

/** A longer event is not kept: what it costs stands near one of its ends. */
const LONGEST_EVENT = 1024 * 1024;
/** Of a longer one, this much at either end. */
const EDGE = 64 * 1024;

const NOTHING = Buffer.alloc(0);

/**
 * Reads the events of a chat, responses or messages stream on their way to the caller, by bytes: text is latin1, one
 * character per byte, and goes back the same way. An event is read before the chunk that ends it is passed on, because
 * callers stop at `[DONE]`.
 *
 * Without `strip` every chunk is passed on as it came. With it, bytes pass straight through until a choice has finished;
 * from then on whole events pass, and the usage event does not (see `isUsageEvent`).
 */
export class EventStreamReader {
  readonly #splitter = new EventSplitter();
  readonly #told: StreamFacts;
  readonly #strip: boolean;
  /** The part of the present event that came with earlier chunks; of one that is too long, its last bytes. */
  #early = '';
  /** The first bytes of the present event, once it is too long: nothing of it is held back. */
  #head = '';
  /** Bytes of an unfinished event are held back. */
  #holding = false;
  #started = false;
  #dropped = false;
  #droppedLast = false;

  constructor(options: EventStreamOptions) {
    this.#told = new StreamFacts(options.family, options.maxNanos);
    this.#strip = options.strip && options.operation === 'chat';
  }

  /** The best that is known so far. */
  get facts(): AnswerFacts {
    return this.#told.facts;
  }

  /** An error came as an event, after the 200. */
  get sawError(): boolean {
    return this.#told.sawError;
  }

  /** The stream came to its own end; without this it was cut. */
  get sawEnd(): boolean {
    return this.#told.sawEnd;
  }

  /**
   * @returns the bytes to pass on now, maybe none: `chunk` itself when all of it passes and nothing was held back
   */
  push(chunk: Buffer): Buffer {
    const text = chunk.toString('latin1');
    if (this.#started && this.#splitter.endsWithEvent(text) && !WORTH_READING.test(text)) return chunk;

    const held = this.#holding && this.#head === '' ? this.#early.length : 0;
    let out = '';
    let start = 0;
    for (const end of this.#splitter.ends(text)) {
      if (end.late) {
        if (!this.#droppedLast) out += text.slice(start, end.at);
      } else {
        out += this.#endEvent(text.slice(start, end.at));
      }
      start = end.at;
    }
    out += this.#keep(text.slice(start));
    if (held === 0 && out.length === text.length) return chunk;
    return out === '' ? NOTHING : Buffer.from(out, 'latin1');
  }

  /**
   * Reads a last event that no blank line ends. One that is too long may have been cut, and its last bytes may be nested.
   *
   * @returns what was held back
   */
  end(): Buffer {
    if (this.#early === '' || this.#head !== '') return NOTHING;
    const early = this.#early;
    this.#early = '';
    const rest = this.#holding ? early : '';
    return this.#read(early) === 'drop' ? NOTHING : Buffer.from(rest, 'latin1');
  }

  /** Reads the event that ends with this piece; returns what of it is still to be passed on. */
  #endEvent(piece: string): string {
    const event = this.#early + piece;
    const head = this.#head;
    const unsent = this.#holding && head === '' ? event : piece;
    const drop = (head === '' ? this.#read(event) : this.#readEnds(head, event.slice(-EDGE))) === 'drop';
    this.#early = this.#head = '';
    this.#droppedLast = drop;
    return drop ? '' : unsent;
  }

  /** Keeps the beginning of an event; returns what of it is passed on already. */
  #keep(piece: string): string {
    const isLong = this.#head !== '';
    this.#early += piece;
    if (this.#early.length <= LONGEST_EVENT) return this.#holding && !isLong ? '' : piece;
    const unsent = this.#holding && !isLong ? this.#early : piece;
    if (!isLong) this.#head = this.#early.slice(0, EDGE);
    this.#early = this.#early.slice(-EDGE);
    return unsent;
  }

  #read(event: string): 'drop' | 'pass' {
    if (this.#started && !WORTH_READING.test(event)) return 'pass';
    const { name, data, plain } = readEventText(event);
    if (data === '') return 'pass';
    this.#started = true;
    const bytes = Buffer.from(data, 'latin1');
    this.#told.read({ name, data: bytes });
    const drop = this.#holding && !this.#dropped && plain && isUsageEvent(bytes);
    this.#dropped ||= drop;
    this.#holding = this.#strip && this.#told.finished;
    return drop ? 'drop' : 'pass';
  }

  #readEnds(first: string, last: string): 'pass' {
    if (!WORTH_READING.test(first) && !WORTH_READING.test(last)) return 'pass';
    const { name, head, tail } = readEventEnds(first, last);
    this.#started = true;
    this.#told.readEnds({ name, head: Buffer.from(head, 'latin1'), tail: Buffer.from(tail, 'latin1') });
    this.#holding = this.#strip && this.#told.finished;
    return 'pass';
  }
}
