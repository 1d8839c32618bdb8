import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { AnswerTap, Exchange } from '../exchange.js';
import { isPromise } from '../maybe.js';
import { type OriginalRequest, sendAgain } from './http-second-request.js';
import { shadow } from './shadow.js';

/**
 * Watches a request by its own events as they are raised: a listener would start the flow of an answer that nobody
 * reads, and would keep Node from throwing it away.
 */
export function watchAnswer(request: ClientRequest, exchange: Exchange, original?: OriginalRequest): void {
  new AnswerWatch(request, exchange, original).start();
}

export const assignEmit = (request: ClientRequest, { emit }: Pick<ClientRequest, 'emit'>) => {
  request.emit = emit;
};

const assignPush = (response: IncomingMessage, { push }: Pick<IncomingMessage, 'push'>) => {
  response.push = push;
};

class AnswerWatch {
  #tap: AnswerTap | undefined;
  /** Set once the request has a connection: from here on bytes of it may have left. */
  #sent = false;
  #over = false;
  /** Set while the answer's end is held back until it is priced. */
  #ending: Promise<unknown> | undefined;
  /** The untouched request, sent after the changed one was refused. Until it is done the app must not see the first one end. */
  #second: ClientRequest | undefined;
  readonly #emit: ClientRequest['emit'];

  constructor(
    private readonly request: ClientRequest,
    private readonly exchange: Exchange,
    private readonly original: OriginalRequest | undefined,
  ) {
    this.#emit = request.emit;
  }

  start(): void {
    const emit = (event: string | symbol, ...args: unknown[]): boolean => {
      if (event === 'socket') this.#given(args[0] as Socket);
      if (event === 'response' && this.#second === undefined) return this.#answered(args[0] as IncomingMessage);
      if (event === 'error') this.#failed(args[0]);
      if (event === 'close') {
        if (this.#second !== undefined) return true;
        if (this.#ending !== undefined) return this.#closeAfter(this.#ending);
        this.#failed(undefined);
      }
      return this.#pass(event, ...args);
    };
    shadow(this.request, { emit: emit as ClientRequest['emit'] }, assignEmit);
    if (this.request.socket) this.#given(this.request.socket);
  }

  /** A request has its socket before that is connected. */
  #given(socket: Socket & { secureConnecting?: boolean }): void {
    const sent = () => {
      this.#sent = true;
    };
    if (socket.secureConnecting) socket.once('secureConnect', sent);
    else if (socket.connecting) socket.once('connect', sent);
    else if (!socket.destroyed) sent();
  }

  #pass(event: string | symbol, ...args: unknown[]): boolean {
    return this.#emit.call(this.request, event as string, ...args);
  }

  #answered(response: IncomingMessage): boolean {
    const tap = this.#tapOf(response);
    if (tap === 'resend' && this.original?.body !== undefined) {
      this.#resend(response, this.original, this.original.body);
      return true;
    }
    if (tap !== 'resend') this.#read(response, tap);
    // Node would throw away what nobody listens for before anybody sees it
    if (!this.#pass('response', response)) response.resume();
    return true;
  }

  #tapOf(response: IncomingMessage): AnswerTap | 'resend' {
    const header = (name: string) => {
      const value = response.headers[name];
      return Array.isArray(value) ? value.join(', ') : value;
    };
    const status = response.statusCode ?? 0;
    const hasBody = status !== 204 && status !== 304; // a HEAD is free, and is not watched
    return this.exchange.answered(status, header, hasBody);
  }

  #read(response: IncomingMessage, tap: AnswerTap): void {
    this.#tap = tap;
    for (const [name, value] of Object.entries(tap.addedHeaders ?? {})) {
      response.headers[name] = value;
      response.rawHeaders.push(name, value);
    }
    const push = response.push;
    const tapped = (chunk: Buffer | null): boolean => {
      if (chunk === null) return this.#ended(response, (rest) => push.call(response, rest));
      const passed = tap.data(chunk);
      return passed === undefined ? true : push.call(response, passed);
    };
    shadow(response, { push: tapped }, assignPush);
  }

  /** Node ends an answer that broke off like one that is complete; only `complete` tells. */
  #ended(response: IncomingMessage, push: (chunk: Buffer | null) => boolean): boolean {
    if (this.#ending !== undefined) return true; // the connection has closed meanwhile
    if (this.#over) return push(null);
    const finish = (rest: Buffer | undefined): boolean => {
      if (rest !== undefined) push(rest);
      return push(null);
    };
    this.#over = true;
    if (!response.complete) return finish(this.#tap?.cut(undefined));
    const rest = this.#tap?.end();
    if (!isPromise(rest)) return finish(rest);
    this.#ending = rest.then((bytes) => {
      this.#ending = undefined;
      finish(bytes);
    });
    return true;
  }

  /** A request closes after its answer has ended. */
  #closeAfter(ending: Promise<unknown>): boolean {
    ending.then(() => setImmediate(() => this.#pass('close')));
    return true;
  }

  #failed(cause: unknown): void {
    if (this.#over) return;
    this.#over = true;
    if (this.#tap !== undefined) this.#tap.cut(cause);
    else if (this.#sent) this.exchange.lost(cause);
    else this.exchange.unsent(cause);
  }

  /** The app's request object lives on: it gets the answer of the second one, or its failure. */
  #resend(refusal: IncomingMessage, original: OriginalRequest, body: Buffer): void {
    const { request } = this;
    refusal.resume();
    const second = sendAgain(request, original, body);
    this.#second = second;
    this.#sent = false;
    second.on('socket', (socket) => this.#given(socket));
    const destroy = request.destroy;
    request.destroy = (error) => {
      second.destroy(error);
      return destroy.call(request, error);
    };
    second.on('response', (response) => {
      const tap = this.#tapOf(response);
      if (tap !== 'resend') this.#read(response, tap);
      (request as { res?: IncomingMessage }).res = response;
      if (!this.#pass('response', response)) response.resume();
    });
    second.on('timeout', () => this.#pass('timeout'));
    second.on('error', (error) => {
      this.#failed(error);
      this.#pass('error', error);
    });
    second.on('close', () => {
      if (this.#ending !== undefined) return this.#closeAfter(this.#ending);
      this.#failed(undefined);
      return this.#pass('close');
    });
  }
}
