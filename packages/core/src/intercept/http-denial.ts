import type { ClientRequest } from 'node:http';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import type { Reply } from '../exchange.js';

/**
 * Answers a request from memory: it gets a socket that swallows what is written and speaks the reply. Every client takes
 * that for an answer of the server's.
 */
export function answerHere(request: ClientRequest, reply: Reply): void {
  request.shouldKeepAlive = false;
  request.onSocket(new MemorySocket(replyBytes(reply)) as unknown as Socket);
}

/** The reply as it would stand on the wire. */
export function replyBytes({ status, statusText, headers, body }: Reply): Buffer {
  const lines = Object.entries({ ...headers, connection: 'close' }).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([Buffer.from(`HTTP/1.1 ${status} ${statusText}\r\n${lines.join('')}\r\n`), body]);
}

class MemorySocket extends Duplex {
  readonly connecting = false;
  readonly encrypted = true;
  readonly authorized = true;
  readonly remoteAddress = '127.0.0.1';

  constructor(private readonly answer: Buffer) {
    super({ allowHalfOpen: true });
  }

  override _read(): void {}

  override _write(_chunk: unknown, _encoding: string, done: () => void): void {
    this.#speak();
    done();
  }

  override _final(done: () => void): void {
    done();
  }

  #spoken = false;

  /** The answer comes after the request has begun, and not within the app's own call to `write`. */
  #speak(): void {
    if (this.#spoken) return;
    this.#spoken = true;
    setImmediate(() => {
      if (this.destroyed) return;
      this.push(this.answer);
      this.push(null);
    });
  }

  setTimeout(): this {
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }
}
