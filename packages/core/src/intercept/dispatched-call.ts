import {
  type Admission,
  type CallContext,
  type CallGate,
  ESTIMATE_HEADER,
  type Exchange,
  type HeaderLookup,
  type Held,
} from '../exchange.js';
import type { MaybePromise } from '../maybe.js';
import type { Writable } from '../writable.js';
import { handOver } from './call-depth.js';
import { kMetered } from './metered-mark.js';
import { drain, type ReadBody } from './undici-body.js';
import { meteredHandler } from './undici-handler.js';
import { changeHeaders } from './undici-headers.js';
import type { HeldCall } from './undici-held-calls.js';
import { Stage } from './undici-stage.js';
import type { Dispatch, Dispatcher, DispatchOptions, Handler } from './undici-types.js';

/** One call to `dispatch`, from admission to the network. */
export class DispatchedCall implements Held, HeldCall {
  #set: Stage | undefined;

  constructor(
    readonly dispatcher: Dispatcher,
    private readonly original: Dispatch,
    private readonly options: DispatchOptions,
    private readonly handler: Handler,
    private readonly header: HeaderLookup,
    private readonly gate: CallGate,
    private readonly context: CallContext,
  ) {}

  /** Only a call that waits, or is answered here, needs one. */
  #onStage(): Stage {
    this.#set ??= new Stage(this.handler);
    return this.#set;
  }

  get aborted(): boolean {
    return this.#set?.aborted === true;
  }

  onAbort(told: () => void): void {
    this.#onStage().onAbort(told);
  }

  destroyed(error: unknown): void {
    if (!this.#onStage().leave()) return;
    if (error) this.#onStage().fail(error);
    else this.#send({}, this.handler); // refused, with undici's own error
  }

  async hold(
    body: MaybePromise<ReadBody>,
    admit: (bytes: Buffer | undefined) => MaybePromise<Admission | undefined>,
  ): Promise<void> {
    this.#onStage().start();
    let read: ReadBody;
    try {
      read = await body;
    } catch (error) {
      if (!this.#onStage().aborted) this.#onStage().fail(error);
      return;
    }
    if (this.#onStage().aborted) return;
    const admission = await admit(read.bytes);
    if (this.#onStage().aborted) {
      if (admission?.admitted) admission.exchange.unsent(new DOMException('This operation was aborted', 'AbortError'));
      return;
    }
    try {
      this.proceed(read, admission);
    } catch (error) {
      this.#onStage().fail(error);
    }
  }

  proceed({ bytes, sent }: ReadBody, admission: Admission | undefined): boolean {
    const changes = sent === undefined ? {} : { body: sent };
    if (admission === undefined) return this.#send(changes, this.handler);
    if (admission.admitted) return this.#sendMetered(changes, admission.exchange);
    queueMicrotask(() => this.#onStage().answer(admission.reply));
    if (sent !== undefined || bytes === undefined) void drain(sent ?? this.options.body);
    return true;
  }

  #sendMetered(changes: Changes, exchange: Exchange): boolean {
    const { gate, context } = this;
    const { changedBody, addedRequestHeaders } = exchange;
    const { headers, body } = this.options;
    const isEstimated = this.header(ESTIMATE_HEADER) !== undefined;
    const plain =
      isEstimated || addedRequestHeaders !== undefined
        ? { ...changes, headers: changeHeaders(headers, { [ESTIMATE_HEADER]: undefined, ...addedRequestHeaders }) }
        : changes;
    const hasBody = body !== undefined && body !== null;
    const watched = (resend: () => void) => meteredHandler(this.handler, { exchange, hasBody, resend, gate, context });
    if (changedBody === undefined) return this.#sendOr(exchange, plain, watched(never));
    const changed = {
      body: changedBody,
      headers: changeHeaders(plain.headers ?? headers, {
        'accept-encoding': 'identity',
        'content-length': String(changedBody.length),
      }),
    };
    return this.#sendOr(
      exchange,
      changed,
      watched(() => void this.#send(plain, watched(never))),
    );
  }

  /** undici throws what it cannot tell a handler, as one of another major's shape. */
  #sendOr(exchange: Exchange, changes: Changes, handler: Handler): boolean {
    try {
      return this.#send(changes, handler);
    } catch (error) {
      exchange.unsent(error);
      throw error;
    }
  }

  #send(changes: Changes, handler: Handler): boolean {
    const options: Writable<DispatchOptions> = { ...this.options };
    options[kMetered] = true; // within the braces it would take V8 ten times as long
    if (changes.body !== undefined) options.body = changes.body;
    if (changes.headers !== undefined) options.headers = changes.headers;
    return handOver(() => this.original.call(this.dispatcher, options, handler));
  }
}

/** What goes out as the app made it is not sent again. */
const never = () => {};

/** What is sent otherwise than the app said. */
type Changes = Pick<DispatchOptions, 'body' | 'headers'>;
