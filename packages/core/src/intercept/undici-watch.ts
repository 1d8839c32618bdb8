import type { AnswerTap, CallContext, CallGate, Exchange } from '../exchange.js';
import { responseHeader } from './undici-headers.js';

export interface Watched {
  readonly exchange: Exchange;
  readonly hasBody: boolean;
  /** Sends the request as the app made it. */
  readonly resend: () => void;
  readonly gate: CallGate;
  /** That the call was made in. */
  readonly context: CallContext;
}

/**
 * What both shapes have in common: where the exchange stands. fetch keeps a handler for as long as its `Response`, and that until
 * it is finalized, in the old generation: once the exchange is over, neither it nor the request's body is kept.
 */
export class Watch {
  tap: AnswerTap | undefined;
  /** Set while an answer to a changed request is dropped, to send the untouched one instead. */
  dropping = false;
  #sent = false;

  readonly hasBody: boolean;
  #resend: (() => void) | undefined;
  readonly #gate: CallGate;
  readonly #context: CallContext;
  #exchange: Exchange | undefined;

  constructor({ exchange, hasBody, resend, gate, context }: Watched) {
    this.#exchange = exchange;
    this.hasBody = hasBody;
    this.#resend = resend;
    this.#gate = gate;
    this.#context = context;
  }

  /** Runs something in the context that the call was made in. */
  inContext<T>(work: () => T): T {
    return this.#gate.inContext(this.#context, work);
  }

  /** From here on bytes of the request may have left. */
  sent(): void {
    this.#sent = true;
  }

  /** True when the answer is to be passed on. */
  answered(status: number, headers: unknown[] | Record<string, unknown>): boolean {
    const hasBody = status !== 204 && status !== 304; // a HEAD is free, and is not watched
    const tap = this.#exchange?.answered(status, responseHeader(headers), hasBody);
    this.dropping = tap === 'resend';
    this.tap = tap === 'resend' ? undefined : tap;
    if (!this.dropping) this.#resend = undefined;
    return !this.dropping;
  }

  /** Sends the request as the app made it, in place of the answer that was dropped. */
  resend(): void {
    this.#resend?.();
  }

  end(): ReturnType<AnswerTap['end']> {
    const { tap } = this;
    this.#letGo();
    return tap?.end();
  }

  /** Bytes that were held back when the answer broke off. */
  failed(cause: unknown): Buffer | undefined {
    const { tap } = this;
    const exchange = this.#exchange;
    this.#letGo();
    if (tap !== undefined) return tap.cut(cause);
    if (this.#sent) exchange?.lost(cause);
    else exchange?.unsent(cause);
    return undefined;
  }

  #letGo(): void {
    this.tap = undefined;
    this.#exchange = undefined;
    if (!this.dropping) this.#resend = undefined;
  }
}
