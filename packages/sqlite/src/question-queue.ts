import { LedgerLostError, LedgerQuestionError, warnOnce } from '@eden-cost/core';
import { LedgerFileError } from './ledger-file-error.js';
import type { LedgerWorker } from './ledger-worker.js';
import type { Question, Reply } from './messages.js';

/** A transaction that takes more would keep the other processes waiting. */
const MOST = 500;

interface Waiting {
  readonly question: Question;
  readonly keepsAlive: boolean;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Questions of many calls, answered in batches: while one is with the worker, the next one gathers, so that the more there
 * is to do, the more is done in one transaction.
 */
export class QuestionQueue {
  #waiting: Waiting[] = [];
  #needed = 0;
  #isRunning = false;
  #idle: (() => void)[] = [];

  constructor(
    private readonly worker: LedgerWorker,
    private readonly path: string,
  ) {}

  /** @param keepsAlive whether the process has to live on for the answer */
  ask(question: Question, keepsAlive = true): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const waiting = { question, keepsAlive, resolve, reject };
      // Whatever else waits can only be answered after it.
      if (question.ask === 'restore') this.#waiting.unshift(waiting);
      else this.#waiting.push(waiting);
      if (keepsAlive && this.#needed++ === 0) this.worker.keepAlive(true);
      if (this.#isRunning) return;
      this.#isRunning = true;
      queueMicrotask(() => void this.#run());
    });
  }

  /** Takes back a question that is not with the worker yet. */
  withdraw(question: Question): void {
    const index = this.#waiting.findIndex((waiting) => waiting.question === question);
    if (index >= 0) this.#done(this.#waiting.splice(index, 1));
  }

  /** Rejects all that is not with the worker yet. */
  abandon(reason: unknown): void {
    const waiting = this.#waiting.splice(0);
    for (const { reject } of waiting) reject(reason);
    this.#done(waiting);
  }

  /** Resolves when everything is answered. */
  async drain(): Promise<void> {
    if (this.#isRunning) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, MOST);
      try {
        const reply = await this.worker.ask(batch.map(({ question }) => question));
        this.#answer(batch, reply);
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
      this.#done(batch);
    }
    this.#isRunning = false;
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  #answer(batch: readonly Waiting[], reply: Reply): void {
    if ('answers' in reply) {
      for (const [index, { resolve, reject }] of batch.entries()) {
        const refused = reply.refused?.get(index);
        if (refused === undefined) resolve(reply.answers[index]);
        else reject(new LedgerQuestionError(refused));
      }
      if (reply.passedBy !== undefined) warnOnce('WARN_COST_UNREADABLE_ROW', reply.passedBy);
      return;
    }
    const error =
      'lost' in reply
        ? new LedgerLostError(reply.lost)
        : new LedgerFileError(this.path, reply.failed, { ...(reply.cause && { cause: new Error(reply.cause) }) });
    for (const { reject } of batch) reject(error);
  }

  #done(answered: readonly Waiting[]): void {
    const needed = answered.filter(({ keepsAlive }) => keepsAlive).length;
    this.#needed -= needed;
    if (needed > 0 && this.#needed === 0) this.worker.keepAlive(false);
  }
}
