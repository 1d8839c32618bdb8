import type { Clock, Timer } from '../clock.js';
import type { MaybePromise } from '../ledger/ledger.js';
import { isPromise } from '../maybe.js';
import { withDeadline } from './deadline.js';
import { isFaultyQuestion } from './is-faulty-question.js';

/** Between attempts, in milliseconds: doubles from the first to the last. */
const PAUSE = { first: 100, last: 2_000, hurried: 100 };

export interface BreakerTools {
  readonly clock: Clock;
  /** For deadlines: the system's, since a ledger does not go by a clock that a test moves. */
  readonly timers: Clock;
  readonly deadlineMs: number;
  /** One attempt to get through. Resolves when the ledger works, and knows of everything. */
  readonly recover: () => Promise<void>;
  readonly failed: (cause: unknown) => void;
}

/**
 * After a failure nobody asks the ledger, and so nobody waits for it, but one attempt at a time to get through.
 * What is wrong with one question alone is no failure.
 */
export class Breaker {
  /** Why it is open. */
  cause: unknown;
  #isOpen = false;
  /** A failure of a question that was asked before the latest recovery says nothing of the time since. */
  #recoveries = 0;
  #attempts = 0;
  #timer: Timer | undefined;
  #isTrying = false;
  #isStopped = false;
  #isHurried = false;
  /** From when on there is something to tell the ledger, although it works. */
  #wantedAt = Number.POSITIVE_INFINITY;

  constructor(private readonly tools: BreakerTools) {}

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Asks, with the deadline. A failure opens the breaker. */
  ask<T>(question: () => MaybePromise<T>, ms = this.tools.deadlineMs, timers = this.tools.timers): MaybePromise<T> {
    const recoveries = this.#recoveries;
    const failed = (cause: unknown): never => {
      if (!isFaultyQuestion(cause) && recoveries === this.#recoveries) this.trip(cause);
      throw cause;
    };
    try {
      const answer = question();
      return isPromise(answer) ? withDeadline(answer, ms, timers).catch(failed) : answer;
    } catch (cause) {
      return failed(cause);
    }
  }

  trip(cause: unknown): void {
    this.cause = cause;
    this.tools.failed(cause);
    if (this.#isOpen) return;
    this.#isOpen = true;
    this.#schedule();
  }

  /** The ledger has answered: it may be asked again. */
  close(): void {
    this.#isOpen = false;
    this.#recoveries += 1;
  }

  /** There is something to tell the ledger, although it works: now, or from some time on. */
  again(at = this.tools.clock.now()): void {
    this.#wantedAt = Math.min(this.#wantedAt, at);
    this.#schedule();
  }

  /** From now on it is worth more attempts, and the first of them at once. */
  hurry(): void {
    this.#isHurried = true;
    if (!this.#isNeeded || this.#isTrying) return;
    this.#timer?.cancel();
    void this.#try();
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
  }

  get #isNeeded(): boolean {
    return this.#isOpen || this.#wantedAt < Number.POSITIVE_INFINITY;
  }

  /** The first attempt follows at once; processes that failed together do not come together afterwards. */
  #schedule(): void {
    if (this.#isStopped || this.#isTrying) return;
    this.#timer?.cancel();
    const { clock } = this.tools;
    const ms = this.#isOpen ? this.#pause() : Math.max(0, this.#wantedAt - clock.now());
    this.#timer = clock.after(ms, () => void this.#try());
  }

  #pause(): number {
    if (this.#attempts === 0) return 0;
    const pause = this.#isHurried ? PAUSE.hurried : Math.min(PAUSE.last, PAUSE.first * 2 ** (this.#attempts - 1));
    return pause * (0.5 + Math.random());
  }

  async #try(): Promise<void> {
    this.#isTrying = true;
    this.#wantedAt = Number.POSITIVE_INFINITY;
    this.#attempts += 1;
    try {
      await this.tools.recover();
      this.#attempts = 0;
    } catch (cause) {
      this.trip(cause);
    } finally {
      this.#isTrying = false;
      if (this.#isNeeded) this.#schedule();
    }
  }
}
