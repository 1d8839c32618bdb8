import type { Agent, ClientRequest, RequestOptions } from 'node:http';
import {
  type Admission,
  type CallContext,
  type CallGate,
  ESTIMATE_HEADER,
  type Exchange,
  type Held,
  MAX_REQUEST_BYTES,
} from '../exchange.js';
import { isPromise } from '../maybe.js';
import { assignMethods, type HeldMethods } from './held-methods.js';
import { callbackOf, HeldSteps, isChunk } from './held-steps.js';
import { assignEmit, watchAnswer } from './http-answer.js';
import { answerHere } from './http-denial.js';
import { headerOf, put, renderHead, takeOff, writtenHeaders } from './http-headers.js';
import type { HttpTarget } from './http-target.js';
import { shadow } from './shadow.js';

const JSON_TYPE = /json/i;

/**
 * A request between its constructor and its socket. It is kept from its agent until it may go: a JSON body until it has
 * ended (the model is in it), any other only until it begins. Its methods are shadowed meanwhile, on this one object.
 */
export class HeldRequest implements Held {
  readonly #context: CallContext;
  readonly #steps = new HeldSteps();
  readonly #methods: HeldMethods;
  /** Set once the ledger has been asked. */
  #asked = false;
  #released = false;
  aborted = false;
  #told: () => void = () => {};

  constructor(
    private readonly request: ClientRequest,
    private readonly options: RequestOptions,
    private readonly agent: Agent,
    private readonly target: HttpTarget,
    private readonly gate: CallGate,
    private readonly pass: () => void,
  ) {
    this.#context = gate.context();
    const { write, end, flushHeaders, destroy } = request;
    this.#methods = { write, end, flushHeaders, destroy };
  }

  hold(): void {
    const { request } = this;
    const held: HeldMethods = {
      write: (chunk: unknown, encoding?: unknown, done?: unknown) => this.#write(chunk, encoding, done),
      end: (chunk?: unknown, encoding?: unknown, done?: unknown) => this.#end(chunk, encoding, done),
      flushHeaders: () => this.#flushHeaders(),
      destroy: (error?: Error) => this.#destroy(error),
    };
    shadow(request, held, assignMethods);
    // its answer is watched over it, and nothing may be added later to a request that the app fixes
    shadow(request, { emit: request.emit }, assignEmit);
    // its head goes out with its socket, and the app waits for the answer to that
    if (request.headersSent && headerOf(request)('expect') !== undefined) this.#ask(undefined);
  }

  onAbort(told: () => void): void {
    this.#told = told;
  }

  #write(chunk: unknown, encoding: unknown, done: unknown): boolean {
    if (!isChunk(chunk)) this.#refuse(this.#methods.write, chunk);
    const called = typeof encoding === 'function' ? encoding : done;
    // a writer that waits for its callback before it ends would wait for ever
    if (typeof called === 'function') process.nextTick(called as () => void);
    // and once called, it may use the memory again
    const kept = typeof called === 'function' && typeof chunk !== 'string' ? Buffer.from(chunk) : chunk;
    this.#steps.write(kept, encoding);
    renderHead(this.request);
    if (!this.#readsBody()) this.#ask(undefined);
    return this.#steps.bytes <= MAX_REQUEST_BYTES;
  }

  #end(chunk: unknown, encoding: unknown, done: unknown): ClientRequest {
    if (chunk && typeof chunk !== 'function' && !isChunk(chunk)) this.#refuse(this.#methods.end, chunk);
    this.#steps.end(typeof chunk === 'function' ? undefined : chunk, encoding, callbackOf(chunk, encoding, done));
    if (!this.#asked) this.#ask(this.#readsBody() ? this.#steps.body() : undefined);
    return this.request;
  }

  #flushHeaders(): void {
    this.#steps.flushHeaders();
    renderHead(this.request);
    if (!this.#readsBody()) this.#ask(undefined);
  }

  /** Without a socket, `destroy` alone would leave the caller waiting: the end comes with the socket that never was. */
  #destroy(error: Error | undefined): ClientRequest {
    const { request } = this;
    this.#restore();
    this.aborted = true;
    this.#told();
    request.destroy(error);
    failWithoutSocket(request, error);
    return request;
  }

  /** Node's own error, at the very line that made the mistake. */
  #refuse(method: (...args: never[]) => unknown, chunk: unknown): never {
    throw method.call(this.request, chunk as never);
  }

  /** Uploads, and clients that wait for `100 Continue`, are not kept waiting for the end of their body. */
  #readsBody(): boolean {
    const header = headerOf(this.request);
    const type = header('content-type');
    return (
      !this.#asked &&
      header('expect') === undefined &&
      (type === undefined || JSON_TYPE.test(type)) &&
      this.#steps.bytes <= MAX_REQUEST_BYTES
    );
  }

  #ask(body: Buffer | undefined): void {
    if (this.#asked) return;
    this.#asked = true;
    const { request } = this;
    const { method } = request;
    const { origin, target, path, kind } = this.target;
    const header = headerOf(request);
    const admission = this.gate.admit({ method, origin, target, path, kind, header, body, held: this }, this.#context);
    if (isPromise(admission)) admission.then((decided) => this.#release(decided));
    else this.#release(admission);
  }

  #release(admission: Admission | undefined): void {
    if (this.#released) {
      // destroyed meanwhile
      if (admission?.admitted) admission.exchange.unsent(undefined);
      return;
    }
    this.#restore();
    const { request } = this;
    takeOff(request, ESTIMATE_HEADER);
    if (admission === undefined) {
      this.#handOn();
      this.#steps.replay(request);
    } else if (admission.admitted) {
      this.#send(admission.exchange);
    } else {
      answerHere(request, admission.reply);
      this.#steps.replay(request);
    }
  }

  #send(exchange: Exchange): void {
    const { request, agent, options } = this;
    const { changedBody, addedRequestHeaders = {} } = exchange;
    for (const [name, value] of Object.entries(addedRequestHeaders)) put(request, name, value);
    if (changedBody === undefined) watchAnswer(request, exchange);
    else {
      const headers = writtenHeaders(options) ?? request.getHeaders();
      watchAnswer(request, exchange, { agent, options, body: this.#steps.body(), headers });
      this.#change(changedBody);
    }
    this.#handOn();
    this.#steps.replay(request);
  }

  /**
   * An agent that cannot make a connection (a certificate that is none) throws, and without us that is what
   * `http.request` throws. The app has its request by now, and perhaps a stream that pipes into it: it gets the error there.
   */
  #handOn(): void {
    try {
      this.pass();
    } catch (error) {
      failWithoutSocket(this.request, error);
    }
  }

  /** Sends other bytes in the way that the app sent its own: with a length where it had one, else in chunks. */
  #change(body: Buffer): void {
    const { request } = this;
    put(request, 'accept-encoding', 'identity');
    if (headerOf(request)('content-length') !== undefined) put(request, 'content-length', String(body.length));
    this.#steps.change(body);
  }

  /** Assigned, not deleted: an object that loses a property is slow for the rest of its life. */
  #restore(): void {
    this.#released = true;
    shadow(this.request, this.#methods, assignMethods);
  }
}

/** Node's own, which is not documented: how an agent tells that there is no socket. */
function failWithoutSocket(request: ClientRequest, error: unknown): void {
  (request.onSocket as (socket: unknown, error?: unknown) => void).call(request, null, error);
}
