import { readerFor } from './answer/reader-for.js';
import { ReaderTap } from './answer/tap.js';
import type { Call } from './call.js';
import { DENIAL_HEADER, type Denial } from './denial.js';
import { type AnswerFacts, NOTHING_KNOWN } from './edenai/answer-facts.js';
import type { AnswerTap, Exchange, HeaderLookup } from './exchange.js';
import type { Nanos } from './money.js';
import { REFUSED_USAGE, type StreamUsage } from './stream-usage.js';

/** How a call ended, and what its answer said until then. */
export interface CallEnd {
  readonly kind: 'unsent' | 'lost' | 'cut' | 'complete';
  /** 0 when no answer came. */
  readonly status: number;
  readonly facts: AnswerFacts;
}

export interface CallWatcher {
  /** Called once, however the call ends. */
  ended(end: CallEnd): void;
  /** The head of an answer came. */
  answered(status: number): void;
  /** Eden AI answered 402. */
  paymentRequired(): Denial;
}

/** An admitted call on its way. */
export class MeteredCall implements Exchange {
  readonly changedBody: Buffer | undefined;
  #resent = false;
  #over = false;

  constructor(
    private readonly call: Call,
    private readonly streamUsage: StreamUsage,
    private readonly maxNanos: Nanos,
    private readonly watcher: CallWatcher,
    readonly addedRequestHeaders: Readonly<Record<string, string>> | undefined,
  ) {
    this.changedBody = streamUsage.ask(call);
  }

  answered(status: number, header: HeaderLookup, hasBody: boolean): AnswerTap | 'resend' {
    const asked = this.changedBody !== undefined && !this.#resent;
    if (asked && REFUSED_USAGE.has(status)) {
      this.#resent = true;
      return 'resend';
    }
    // a request that is wrong without the question too says nothing about the question
    if (this.#resent && status < 300) this.streamUsage.refused(this.call);
    this.watcher.answered(status);
    const reader = readerFor({ kind: this.call.kind, header, hasBody, asked, maxNanos: this.maxNanos });
    const added = status === 402 ? { [DENIAL_HEADER]: this.watcher.paymentRequired().id } : undefined;
    return new ReaderTap(reader, (kind, facts) => this.#end({ kind, status, facts }), added);
  }

  unsent(): void {
    this.#end({ kind: 'unsent', status: 0, facts: NOTHING_KNOWN });
  }

  lost(): void {
    this.#end({ kind: 'lost', status: 0, facts: NOTHING_KNOWN });
  }

  #end(end: CallEnd): void {
    if (this.#over) return;
    this.#over = true;
    this.watcher.ended(end);
  }
}
