import type { Held, Reply } from '../exchange.js';
import { type Controller, type Handler, hasController } from './undici-types.js';

/**
 * Speaks to a handler while there is no socket behind it: during admission, and to hand it an answer that is made here.
 * Starting it at once lets the app abort a call that is still held.
 */
export class Stage implements Held {
  #aborted = false;
  #started = false;

  #told: () => void = () => {};

  constructor(private readonly handler: Handler) {}

  get aborted(): boolean {
    return this.#aborted;
  }

  onAbort(told: () => void): void {
    this.#told = told;
  }

  start(): void {
    if (this.#started) return;
    this.#started = true;
    if (hasController(this.handler)) this.handler.onRequestStart?.(this.#controller);
    else this.handler.onConnect?.((reason) => this.#abort(reason), null);
  }

  fail(error: unknown): void {
    if (hasController(this.handler)) this.handler.onResponseError?.(this.#controller, error);
    else this.handler.onError?.(error);
  }

  /** A handler that throws hears of its own error, as from undici: nobody else would. */
  answer(reply: Reply): void {
    try {
      this.#answer(reply);
    } catch (error) {
      if (this.leave()) this.fail(error);
    }
  }

  #answer({ status, statusText, headers, body }: Reply): void {
    this.start();
    if (this.#aborted) return;
    const raw = Object.entries(headers).flatMap(([name, value]) => [Buffer.from(name), Buffer.from(value)]);
    if (hasController(this.handler)) {
      this.#controller.rawHeaders = raw;
      this.handler.onResponseStart?.(this.#controller, status, { ...headers }, statusText);
      if (!this.#aborted) this.handler.onResponseData?.(this.#controller, body);
      if (!this.#aborted) this.handler.onResponseEnd?.(this.#controller, {});
    } else {
      this.handler.onHeaders?.(status, raw, () => {}, statusText);
      if (!this.#aborted) this.handler.onData?.(body);
      if (!this.#aborted) this.handler.onComplete?.([]);
    }
  }

  /** Whoever waits for the call is told that it is over. False when it was so already. */
  leave(): boolean {
    if (this.#aborted) return false;
    this.#aborted = true;
    this.#told();
    return true;
  }

  #abort(reason: unknown): void {
    const error = reason ?? new DOMException('This operation was aborted', 'AbortError');
    if (this.leave()) this.fail(error);
  }

  readonly #controller: Controller = ((stage: Stage) => ({
    rawHeaders: undefined as unknown,
    get aborted() {
      return stage.#aborted;
    },
    paused: false,
    abort: (reason?: unknown) => stage.#abort(reason),
    pause: () => {},
    resume: () => {},
  }))(this);
}
