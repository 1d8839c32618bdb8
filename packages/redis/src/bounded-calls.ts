import { NoAnswer, systemClock, withDeadline } from '@eden-cost/core';

/** More unanswered questions than this are not put into a client's queue. */
const MOST_OVERDUE = 1_000;

/**
 * Asks a server that may be frozen: clients wait for it without end. What it does of a question that it did not answer in
 * time is not known; the meter's guard sees to that.
 */
export class BoundedCalls {
  #overdue = 0;

  constructor(readonly deadlineMs: number) {}

  /** The deadline goes by the system's clock, whatever clock the ledger has. It keeps the process alive: a call waits for it. */
  async ask(question: () => Promise<unknown>, deadlineMs: number = this.deadlineMs): Promise<unknown> {
    if (this.#overdue >= MOST_OVERDUE) throw new NoAnswer(noAnswer(deadlineMs));
    const asked = question();
    try {
      return await withDeadline(asked, deadlineMs, systemClock, noAnswer(deadlineMs));
    } catch (error) {
      if (error instanceof NoAnswer) this.#awaitLate(asked);
      throw error;
    }
  }

  /**
   * Without a deadline, as whoever asks has one of its own, and hears what comes later. It does not keep the process alive.
   */
  async askPatiently(question: () => Promise<unknown>): Promise<unknown> {
    if (this.#overdue >= MOST_OVERDUE) throw new NoAnswer(noAnswer(this.deadlineMs));
    let overdue = 0;
    const timer = systemClock.after(this.deadlineMs, () => {
      overdue = 1;
      this.#overdue += 1;
    });
    try {
      return await question();
    } finally {
      timer.cancel();
      this.#overdue -= overdue;
    }
  }

  #awaitLate(asked: Promise<unknown>): void {
    this.#overdue += 1;
    const end = () => {
      this.#overdue -= 1;
    };
    asked.then(end, end);
  }
}

const noAnswer = (ms: number): string =>
  `The Redis server did not answer within ${ms} ms: is it reachable, and not busy with something else?`;
