import type { ServerResponse } from 'node:http';
import type { Clock } from '@eden-cost/core';

/** The way to one caller: knows when nobody listens any more, waits for a slow reader, and can be cut. */
export class Outlet {
  /** Bytes of the body that may still be written before the socket is destroyed. */
  bytesLeft = Number.POSITIVE_INFINITY;
  /** True when the exchange was ended from this side. */
  wasCut = false;
  readonly #closed: Promise<void>;

  constructor(
    readonly response: ServerResponse,
    private readonly clock: Clock,
    private readonly progress: { bytesSent: number },
  ) {
    this.#closed = new Promise((resolve) => response.once('close', resolve));
  }

  /** True when the exchange is over, whoever ended it. */
  get gone(): boolean {
    return this.wasCut || this.response.destroyed || this.response.closed;
  }

  /** Waits, but no longer than the caller does. */
  async pause(ms = 0): Promise<void> {
    if (ms <= 0 || this.gone) return;
    let fire = (): void => {};
    const due = new Promise<void>((resolve) => {
      fire = resolve;
    });
    const timer = this.clock.after(ms, fire);
    await Promise.race([due, this.#closed]);
    timer.cancel();
  }

  /** Waits until `promise` settles, but no longer than the caller does. */
  async until(promise: PromiseLike<unknown> | undefined): Promise<void> {
    if (!promise || this.gone) return;
    const settled = Promise.resolve(promise).then(
      () => {},
      () => {},
    );
    await Promise.race([settled, this.#closed]);
  }

  /** Writes one piece. `false`: there is no use in writing more. */
  async write(bytes: Uint8Array): Promise<boolean> {
    if (this.gone) return false;
    const part = bytes.subarray(0, this.bytesLeft);
    this.bytesLeft -= part.length;
    this.progress.bytesSent += part.length;
    if (!this.response.write(part)) {
      await Promise.race([new Promise((resolve) => this.response.once('drain', resolve)), this.#closed]);
    }
    if (this.bytesLeft <= 0) await this.cut();
    return !this.gone;
  }

  end(): void {
    if (!this.gone) this.response.end();
  }

  /** Ends the connection when everything written so far has left this process. */
  async cut(): Promise<void> {
    if (this.gone) return;
    this.wasCut = true;
    this.response.flushHeaders();
    const { socket } = this.response;
    await Promise.race([new Promise<void>((flushed) => socket?.write('', () => flushed())), this.#closed]);
    this.response.destroy();
  }

  /** Ends the connection at once, with a TCP reset. */
  reset(): void {
    this.wasCut = true;
    this.response.socket?.resetAndDestroy();
  }
}
