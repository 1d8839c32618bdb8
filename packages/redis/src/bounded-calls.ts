/** More unanswered questions than this are not put into a client's queue. */
const MOST_OVERDUE = 1_000;

/** What to do about a question whose outcome nobody was told. */
export interface Late {
  /** The answer came after the deadline. */
  answered(reply: unknown): void;
  /** There will be no answer: `error` says why, where the question was put at all. */
  failed(error?: unknown): void;
}

/**
 * Asks a server that may be frozen: clients wait for it without end. What it does of a question that it did not answer in
 * time is not known, until the answer comes after all.
 */
export class BoundedCalls {
  #overdue = 0;

  constructor(readonly deadlineMs: number) {}

  /** The timer is the system's, whatever clock the ledger has. It keeps the process alive: a call waits for it. */
  ask(question: () => Promise<unknown>, late?: Late, deadlineMs: number = this.deadlineMs): Promise<unknown> {
    if (this.#overdue >= MOST_OVERDUE) {
      late?.failed();
      return Promise.reject(noAnswer(deadlineMs));
    }
    return new Promise((resolve, reject) => {
      let isLate = false;
      const timer = setTimeout(() => {
        isLate = true;
        this.#overdue++;
        reject(noAnswer(deadlineMs));
      }, deadlineMs);
      const end = () => {
        clearTimeout(timer);
        if (isLate) this.#overdue--;
        return isLate;
      };
      question().then(
        (reply) => (end() ? late?.answered(reply) : resolve(reply)),
        (error) => {
          end();
          reject(error);
          late?.failed(error);
        },
      );
    });
  }
}

const noAnswer = (ms: number): Error =>
  new Error(`The Redis server did not answer within ${ms} ms: is it reachable, and not busy with something else?`);
