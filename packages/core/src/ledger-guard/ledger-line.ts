import { type Clock, systemClock } from '../clock.js';
import { LedgerUnavailableError, OptionsError } from '../errors.js';
import type { Ledger, MaybePromise } from '../ledger/ledger.js';
import { isPromise } from '../maybe.js';
import { Breaker } from './breaker.js';
import { DEADLINE_MS, NoAnswer, withDeadline } from './deadline.js';

/** A start may create files and read a server's settings, and a restore writes all accounts. */
const LONG_MS = 10_000;

export interface LineOptions {
  readonly clock: Clock;
  /** For deadlines. Default: the system's. */
  readonly timers?: Clock | undefined;
  /** Gets through to a ledger that was down. */
  readonly recover: () => Promise<void>;
  readonly failed: (cause: unknown) => void;
}

/** How questions get to a ledger: once it has started, unless the breaker is open, and with a deadline. */
export class LedgerLine {
  readonly breaker: Breaker;
  readonly deadlineMs: number;
  readonly #timers: Clock;
  #isStarted: boolean;
  #starting: Promise<void> | undefined;
  #questions = 0;

  /** @param answered called after each question that had to be waited for */
  constructor(
    private readonly ledger: Ledger,
    { clock, timers = systemClock, recover, failed }: LineOptions,
    private readonly answered: () => void,
  ) {
    this.#timers = timers;
    this.#isStarted = ledger.start === undefined;
    this.deadlineMs = ledger.deadlineMs ?? DEADLINE_MS;
    this.breaker = new Breaker({ clock, timers, deadlineMs: this.deadlineMs, recover, failed });
  }

  get isDown(): boolean {
    return this.breaker.isOpen;
  }

  /** True while nobody waits for an answer. */
  get isIdle(): boolean {
    return this.#questions === 0;
  }

  /**
   * Rejects with the ledger's own reason; then it counts as down.
   *
   * @throws {OptionsError} when it says so at once
   */
  start(): MaybePromise<void> {
    try {
      const starting = this.#start();
      starting?.catch((cause) => this.breaker.trip(cause));
      return starting;
    } catch (cause) {
      if (cause instanceof OptionsError) throw cause;
      this.breaker.trip(cause);
      return Promise.reject(cause);
    }
  }

  /** Starts it if it has not started yet. */
  async ready(): Promise<void> {
    if (!this.#isStarted) await (this.#starting ?? this.#start());
  }

  ask<T>(question: () => MaybePromise<T>, ms?: number, timers?: Clock): MaybePromise<T> {
    if (!this.#isStarted && this.#starting === undefined) Promise.resolve(this.start()).catch(() => {});
    const starting = this.#starting;
    const whenStarted = starting === undefined ? question : () => starting.then(question, notStarted);
    const answer = this.breaker.ask(whenStarted, ms, timers);
    if (!isPromise(answer)) return answer;
    this.#questions += 1;
    return answer.finally(() => {
      this.#questions -= 1;
      this.answered();
    });
  }

  /** Closes the ledger. One that takes longer is left to it. */
  async end(timeoutMs: number): Promise<void> {
    const closing = this.ledger.close?.(timeoutMs);
    if (!isPromise(closing) || !Number.isFinite(timeoutMs)) return closing;
    await withDeadline(closing, timeoutMs, this.#timers).catch((cause) => {
      if (!(cause instanceof NoAnswer)) throw cause;
    });
  }

  /** Asks although the breaker may be open, for a recovery. */
  async trial<T>(question: () => MaybePromise<T>, isLong = false): Promise<T> {
    const answer = question();
    return isPromise(answer) ? withDeadline(answer, isLong ? LONG_MS : this.deadlineMs, this.#timers) : answer;
  }

  try<T, R>(
    question: () => MaybePromise<T>,
    answered: (answer: T) => R,
    failed: (cause: unknown) => R,
  ): MaybePromise<R> {
    try {
      const answer = this.ask(question);
      return isPromise(answer) ? answer.then(answered, failed) : answered(answer);
    } catch (cause) {
      return failed(cause);
    }
  }

  /** @throws {LedgerUnavailableError} when it cannot be asked */
  orUnavailable<T, R>(question: () => MaybePromise<T>, answered: (answer: T) => R): MaybePromise<R> {
    const failed = (cause: unknown): never => {
      throw cause instanceof OptionsError ? cause : new LedgerUnavailableError({ status: 503, cause });
    };
    return this.isDown ? failed(this.breaker.cause) : this.try(question, answered, failed);
  }

  #start(): Promise<void> | undefined {
    const starting = this.ledger.start?.((cause) => this.breaker.trip(cause));
    if (!isPromise(starting)) {
      this.#isStarted = true;
      return undefined;
    }
    this.#starting = withDeadline(starting, LONG_MS, this.#timers)
      .then(() => {
        this.#isStarted = true;
      })
      .finally(() => {
        this.#starting = undefined;
      });
    return this.#starting;
  }
}

function notStarted(cause: unknown): never {
  throw new Error('The ledger has not started', { cause });
}
