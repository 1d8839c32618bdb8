import { type Clock, systemClock, type Timer } from './clock.js';
import type { Ledger } from './ledger/ledger.js';
import { isPromise } from './maybe.js';
import type { Nanos } from './money.js';

/**
 * The calls between reserve and settle. One timer keeps their reservations from expiring, and ends once it finds none: calls
 * that come one after the other share it. It runs at a third of their lifetime, with jitter, so that processes that started
 * together do not ask together.
 */
export class OpenCalls {
  readonly #reservations = new Set<string>();
  readonly #calls = new Map<string, Nanos>();
  /** Calls that wait for room, or for a ledger's answer. */
  #entering = 0;
  #timer: Timer | undefined;
  #idle: (() => void)[] = [];

  constructor(
    private readonly ledger: Pick<Ledger, 'extend'>,
    private readonly clock: Clock,
    private readonly ttlMs: number,
    private readonly failed: (cause: unknown) => void,
  ) {}

  /** By their ids, what they are expected to take off the account's credits. */
  get estimates(): ReadonlyMap<string, Nanos> {
    return this.#calls;
  }

  get size(): number {
    return this.#calls.size;
  }

  /** Counts a call from before it is admitted. */
  async enter<T>(admission: Promise<T>): Promise<T> {
    this.#entering += 1;
    try {
      return await admission;
    } finally {
      this.#entering -= 1;
      this.#tellIdle();
    }
  }

  add(id: string, estimate: Nanos, reserved: boolean): void {
    this.#calls.set(id, estimate);
    if (!reserved) return;
    this.#reservations.add(id);
    this.#timer ??= this.#schedule();
  }

  delete(id: string): void {
    this.#calls.delete(id);
    this.#reservations.delete(id);
    this.#tellIdle();
  }

  #isIdle(): boolean {
    return this.#calls.size === 0 && this.#entering === 0;
  }

  #tellIdle(): void {
    if (!this.#isIdle()) return;
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  /**
   * Resolves when no call is open any more and none waits to be, or after `timeoutMs` of the system's time; then nothing
   * is extended any more. `Infinity` waits for all of them.
   */
  async drain(timeoutMs: number): Promise<void> {
    if (!this.#isIdle()) {
      await new Promise<void>((resolve) => {
        const timer = Number.isFinite(timeoutMs)
          ? systemClock.after(timeoutMs, resolve, { keepAlive: true })
          : undefined;
        this.#idle.push(() => {
          timer?.cancel();
          resolve();
        });
      });
    }
    this.#stop();
  }

  #stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #schedule(): Timer {
    return this.clock.after((this.ttlMs / 3) * (0.8 + 0.4 * Math.random()), () => {
      this.#timer = undefined;
      if (this.#reservations.size === 0) return;
      this.#timer = this.#schedule();
      try {
        const done = this.ledger.extend([...this.#reservations], this.ttlMs, this.clock.now());
        if (isPromise(done)) done.catch(this.failed);
      } catch (cause) {
        this.failed(cause);
      }
    });
  }
}
