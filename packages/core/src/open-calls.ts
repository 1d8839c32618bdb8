import { type Clock, systemClock, type Timer } from './clock.js';
import type { Ledger } from './ledger/ledger.js';
import { isPromise } from './maybe.js';
import type { Nanos } from './money.js';

/** A call between reserve and settle, in a chain with the others: a `Map` whose entries are soon deleted lays itself out anew. */
export class OpenCall {
  before: OpenCall = this;
  after: OpenCall = this;

  constructor(
    readonly id: string,
    readonly estimate: Nanos,
    readonly isReserved: boolean,
  ) {}
}

/**
 * The calls between reserve and settle. One timer keeps their reservations from expiring, and ends once it finds none: calls
 * that come one after the other share it. It runs at a third of their lifetime, with jitter, so that processes that started
 * together do not ask together.
 */
export class OpenCalls {
  /** Both ends of the chain. */
  readonly #ends = new OpenCall('', 0, false);
  #size = 0;
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
    return new Map(this.#all().map(({ id, estimate }) => [id, estimate]));
  }

  get size(): number {
    return this.#size;
  }

  #all(): OpenCall[] {
    const all: OpenCall[] = [];
    for (let call = this.#ends.after; call !== this.#ends; call = call.after) all.push(call);
    return all;
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

  add(id: string, estimate: Nanos, isReserved: boolean): OpenCall {
    const call = new OpenCall(id, estimate, isReserved);
    const last = this.#ends.before;
    last.after = this.#ends.before = call;
    call.before = last;
    call.after = this.#ends;
    this.#size += 1;
    if (isReserved) this.#timer ??= this.#schedule();
    return call;
  }

  delete(call: OpenCall): void {
    const { before, after } = call;
    if (after === call) return; // it is over already
    before.after = after;
    after.before = before;
    call.before = call.after = call; // who keeps it must not keep those beside it
    this.#size -= 1;
    this.#tellIdle();
  }

  #isIdle(): boolean {
    return this.#size === 0 && this.#entering === 0;
  }

  #tellIdle(): void {
    if (this.#idle.length === 0 || !this.#isIdle()) return;
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
      const reserved = this.#all().filter(({ isReserved }) => isReserved);
      if (reserved.length === 0) return;
      this.#timer = this.#schedule();
      try {
        const ids = reserved.map(({ id }) => id);
        const done = this.ledger.extend(ids, this.ttlMs, this.clock.now());
        if (isPromise(done)) done.catch(this.failed);
      } catch (cause) {
        this.failed(cause);
      }
    });
  }
}
