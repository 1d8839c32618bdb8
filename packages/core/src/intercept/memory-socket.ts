import { Duplex } from 'node:stream';

/**
 * What a TLS socket says of a peer that it knows nothing of: clients read the certificate, or the cipher, of the socket that
 * an answer came over.
 */
const TLS = {
  encrypted: true,
  authorized: true,
  authorizationError: null,
  alpnProtocol: false,
  servername: false,
  getPeerCertificate: () => ({}),
  getPeerX509Certificate: () => undefined,
  getCertificate: () => ({}),
  getX509Certificate: () => undefined,
  getCipher: () => ({}),
  getEphemeralKeyInfo: () => ({}),
  getProtocol: () => null,
  getSession: () => undefined,
  getTLSTicket: () => undefined,
  getFinished: () => undefined,
  getPeerFinished: () => undefined,
  getSharedSigalgs: () => [],
  isSessionReused: () => false,
  setMaxSendFragment: () => true,
  disableRenegotiation: () => {},
  enableTrace: () => {},
};

/**
 * A socket that swallows what is written, and speaks its answer once that has begun. It is never full: node:http stops
 * listening for room when it has the answer, and a stream that pipes into the request would wait for ever.
 */
export class MemorySocket extends Duplex {
  readonly connecting = false;
  readonly pending = false;
  readonly remoteAddress = '127.0.0.1';
  readonly remoteFamily = 'IPv4';
  readonly remotePort = 0;
  readonly localAddress = '127.0.0.1';
  readonly localFamily = 'IPv4';
  readonly localPort = 0;
  readonly bytesRead = 0;
  readonly bytesWritten = 0;

  constructor(
    private readonly answer: Buffer,
    secure: boolean,
  ) {
    super({ allowHalfOpen: true, writableHighWaterMark: Number.MAX_SAFE_INTEGER });
    if (secure) Object.assign(this, TLS);
    this.once('free', () => this.destroy());
  }

  address(): object {
    return { address: this.localAddress, family: this.localFamily, port: this.localPort };
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
    });
  }

  /** As a socket of the network: what is written goes first. */
  destroySoon(): void {
    if (this.writable) this.end();
    if (this.writableFinished) this.destroy();
    else this.once('finish', () => this.destroy());
  }

  resetAndDestroy(): this {
    return this.destroy();
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
