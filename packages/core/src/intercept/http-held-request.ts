import type { Agent, ClientRequest, RequestOptions } from 'node:http';
import { isUint8Array } from 'node:util/types';
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
import { type OriginalRequest, watchAnswer } from './http-answer.js';
import { answerHere } from './http-denial.js';
import { headerOf, put, takeOff } from './http-headers.js';
import type { HttpTarget } from './http-target.js';

type Chunk = string | Uint8Array | undefined;
type Done = (error?: Error | null) => void;

/** What the app did with the request while it was held, to be done again once it goes out. */
type Step =
  | {
      readonly what: 'write' | 'end';
      readonly chunk: Chunk;
      readonly encoding?: BufferEncoding;
      readonly done?: Done | undefined;
    }
  | { readonly what: 'flushHeaders' };

const JSON_TYPE = /json/i;

/**
 * A request between its constructor and its socket. It is kept from its agent until it may go: a JSON body until it has
 * ended (the model is in it), any other only until it begins. Its methods are shadowed meanwhile, on this one object.
 */
export class HeldRequest implements Held {
  readonly #context: CallContext;
  readonly #steps: Step[] = [];
  #bytes = 0;
  readonly #methods: Pick<ClientRequest, 'write' | 'end' | 'flushHeaders' | 'destroy'>;
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
    Object.assign(request, {
      write: (chunk: unknown, encoding?: unknown, done?: unknown) => this.#write(chunk, encoding, done),
      end: (chunk?: unknown, encoding?: unknown, done?: unknown) => this.#end(chunk, encoding, done),
      flushHeaders: () => this.#flushHeaders(),
      destroy: (error?: Error) => this.#destroy(error),
    });
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
    this.#add({ what: 'write', ...chunkOf(kept, encoding) });
    if (!this.#readsBody()) this.#ask(undefined);
    return this.#bytes <= MAX_REQUEST_BYTES;
  }

  #end(chunk: unknown, encoding: unknown, done: unknown): ClientRequest {
    if (chunk && typeof chunk !== 'function' && !isChunk(chunk)) this.#refuse(this.#methods.end, chunk);
    const called = [chunk, encoding, done].find((argument) => typeof argument === 'function') as Done | undefined;
    this.#add({ what: 'end', ...chunkOf(typeof chunk === 'function' ? undefined : chunk, encoding), done: called });
    if (!this.#asked) this.#ask(this.#readsBody() ? this.#body() : undefined);
    return this.request;
  }

  #flushHeaders(): void {
    this.#steps.push({ what: 'flushHeaders' });
    if (!this.#readsBody()) this.#ask(undefined);
  }

  /** Without a socket, `destroy` alone would leave the caller waiting: the end comes with the socket that never was. */
  #destroy(error: Error | undefined): ClientRequest {
    const { request } = this;
    this.#restore();
    this.aborted = true;
    this.#told();
    request.destroy(error);
    (request.onSocket as (socket: unknown, error?: Error) => void).call(request, null, error);
    return request;
  }

  /** Node's own error, at the very line that made the mistake. */
  #refuse(method: (...args: never[]) => unknown, chunk: unknown): never {
    throw method.call(this.request, chunk as never);
  }

  #add(step: Extract<Step, { chunk: unknown }>): void {
    this.#steps.push(step);
    this.#bytes += step.chunk?.length ?? 0; // of a string, about
  }

  /** Uploads, and clients that wait for `100 Continue`, are not kept waiting for the end of their body. */
  #readsBody(): boolean {
    const header = headerOf(this.request);
    const type = header('content-type');
    return (
      !this.#asked &&
      header('expect') === undefined &&
      (type === undefined || JSON_TYPE.test(type)) &&
      this.#bytes <= MAX_REQUEST_BYTES
    );
  }

  #body(): Buffer | undefined {
    const chunks = this.#steps.map((step) => (step.what === 'flushHeaders' ? undefined : bytesOf(step)));
    const parts = chunks.filter((chunk) => chunk !== undefined);
    return parts.length < 2 ? parts[0] : Buffer.concat(parts);
  }

  #ask(body: Buffer | undefined): void {
    if (this.#asked) return;
    this.#asked = true;
    const { request, target } = this;
    const admission = this.gate.admit(
      {
        method: request.method,
        ...target,
        header: headerOf(request),
        body,
        held: this,
      },
      this.#context,
    );
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
      this.pass();
      this.#replay();
    } else if (admission.admitted) {
      this.#send(admission.exchange);
    } else {
      answerHere(request, admission.reply);
      this.#replay();
    }
  }

  #send(exchange: Exchange): void {
    const { request, agent, options } = this;
    const { changedBody, addedRequestHeaders = {} } = exchange;
    for (const [name, value] of Object.entries(addedRequestHeaders)) put(request, name, value);
    if (changedBody === undefined) watchAnswer(request, exchange);
    else {
      const headers = writtenHeaders(options) ?? request.getHeaders();
      watchAnswer(request, exchange, { agent, options, body: this.#body(), headers });
      this.#change(changedBody);
    }
    this.pass();
    this.#replay();
  }

  /** Sends other bytes in the way that the app sent its own: with a length where it had one, else in chunks. */
  #change(body: Buffer): void {
    const { request } = this;
    put(request, 'accept-encoding', 'identity');
    if (headerOf(request)('content-length') !== undefined) put(request, 'content-length', String(body.length));
    const end = this.#steps.findLast((step) => step.what === 'end');
    const chunked = this.#steps.some((step) => step.what === 'write');
    const done = end?.what === 'end' ? end.done : undefined;
    this.#steps.length = 0;
    if (chunked) this.#steps.push({ what: 'write', chunk: body });
    this.#steps.push({ what: 'end', chunk: chunked ? undefined : body, done });
  }

  /** Assigned, not deleted: an object that loses a property is slow for the rest of its life. */
  #restore(): void {
    this.#released = true;
    Object.assign(this.request, this.#methods);
  }

  /** Strings stay strings: Node sends one together with the head, in a single write. */
  #replay(): void {
    const { request } = this;
    for (const step of this.#steps.splice(0)) {
      if (step.what === 'flushHeaders') request.flushHeaders();
      else if (step.what === 'write') request.write(step.chunk, step.encoding as BufferEncoding);
      else if (step.chunk === undefined) request.end(step.done as () => void);
      else request.end(step.chunk, step.encoding as BufferEncoding, step.done as () => void);
    }
  }
}

/** Headers that the app gave as an array: the request knows them only as the text that it sends. */
function writtenHeaders({ headers }: RequestOptions): OriginalRequest['headers'] | undefined {
  if (!Array.isArray(headers)) return undefined;
  const flat: string[] = headers.flat();
  const isEstimate = (name: string | undefined) => name?.toLowerCase() === ESTIMATE_HEADER;
  return flat.filter((_, index) => !isEstimate(flat[index - (index % 2)]));
}

const isChunk = (chunk: unknown): chunk is string | Uint8Array => typeof chunk === 'string' || isUint8Array(chunk);

function chunkOf(chunk: unknown, encoding: unknown): { chunk: Chunk; encoding?: BufferEncoding } {
  if (chunk === null || chunk === undefined) return { chunk: undefined };
  return { chunk: chunk as Chunk, ...(typeof encoding === 'string' && { encoding: encoding as BufferEncoding }) };
}

function bytesOf({ chunk, encoding = 'utf8' }: { chunk: Chunk; encoding?: BufferEncoding }): Buffer | undefined {
  if (chunk === undefined || typeof chunk === 'string')
    return chunk === undefined ? chunk : Buffer.from(chunk, encoding);
  return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
}
