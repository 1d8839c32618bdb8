import type { AnswerTap, Exchange } from '../exchange.js';
import { responseHeader } from './undici-headers.js';

/** Runs something in the context that the call was made in. */
export type InContext = <T>(work: () => T) => T;

export interface Watched {
  readonly exchange: Exchange;
  readonly hasBody: boolean;
  /** Sends the request as the app made it. */
  readonly resend: () => void;
  readonly inContext: InContext;
}

/** What both shapes have in common: where the exchange stands. */
export class Watch {
  tap: AnswerTap | undefined;
  /** Set while an answer to a changed request is dropped, to send the untouched one instead. */
  dropping = false;
  #sent = false;
  #over = false;

  readonly hasBody: boolean;
  readonly resend: () => void;
  readonly inContext: InContext;
  readonly #exchange: Exchange;

  constructor({ exchange, hasBody, resend, inContext }: Watched) {
    this.#exchange = exchange;
    this.hasBody = hasBody;
    this.resend = resend;
    this.inContext = inContext;
  }

  /** From here on bytes of the request may have left. */
  sent(): void {
    this.#sent = true;
  }

  /** True when the answer is to be passed on. */
  answered(status: number, headers: unknown[] | Record<string, unknown>): boolean {
    const hasBody = status !== 204 && status !== 304; // a HEAD is free, and is not watched
    const tap = this.#exchange.answered(status, responseHeader(headers), hasBody);
    this.dropping = tap === 'resend';
    this.tap = tap === 'resend' ? undefined : tap;
    return !this.dropping;
  }

  end(): ReturnType<AnswerTap['end']> {
    this.#over = true;
    return this.tap?.end();
  }

  /** Bytes that were held back when the answer broke off. */
  failed(cause: unknown): Buffer | undefined {
    if (this.#over) return undefined;
    this.#over = true;
    if (this.tap !== undefined) return this.tap.cut(cause);
    if (this.#sent) this.#exchange.lost(cause);
    else this.#exchange.unsent(cause);
    return undefined;
  }
}
