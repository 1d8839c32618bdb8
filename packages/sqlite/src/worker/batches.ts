import { LedgerRules, type ReserveRequest, type ReserveResult } from '@eden-cost/core';
import type { Answer, Asked, Question, Questions, Reply, WorkerData } from '../messages.js';
import type { Database } from './driver.js';
import { failureOf } from './failure.js';
import { GivenBack } from './given-back.js';
import type { LedgerFile } from './ledger-file.js';
import { Processes } from './processes.js';
import { SqliteBook } from './sqlite-book.js';

type Handlers = { readonly [Name in Asked]: (asked: Questions[Name]['with']) => Answer<Name> };

/** What one open file is asked through. */
class Desk {
  readonly book: SqliteBook;
  readonly processes: Processes;
  readonly #rules: LedgerRules;
  readonly #givenBack: GivenBack;
  /** Of the transaction, once it is asked for. */
  alive: number | undefined;

  constructor(
    readonly database: Database,
    self: string,
    file: string,
  ) {
    this.book = new SqliteBook(database);
    this.processes = new Processes(database, self);
    this.#rules = new LedgerRules(this.book);
    this.#givenBack = new GivenBack(database, this.book, file);
  }

  readonly handlers: Handlers = {
    open: () => undefined,
    reserve: ({ request }) => this.#reserve(request),
    settle: ({ id, amount, truth }) => {
      const result = this.#rules.settle(id, amount, truth);
      if (!result.known) return result;
      const accounts = this.book.reservation(id)?.accounts ?? [];
      return { ...result, balances: accounts.map(({ balance }) => balance) };
    },
    release: ({ id, at }) => this.#rules.release(id, at),
    extend: ({ ids, ttlMs, at }) => void this.#rules.extend(ids, ttlMs, at),
    balances: ({ accounts, at }) => this.#rules.balances(accounts, at),
    topUp: ({ account, note }) => void this.#rules.topUp(account, note),
    topUps: ({ account, at }) => this.#rules.topUps(account, at),
    restore: ({ remembered, finished, at }) => void this.#givenBack.restore(remembered, finished, at),
    beat: () => undefined,
  };

  #reserve(request: ReserveRequest): ReserveResult {
    const result = this.#rules.reserve(request);
    if (!result.admitted) return result;
    this.alive ??= this.processes.alive(request.at);
    const balances = this.#rules.balances(
      request.holds.map(({ account }) => account),
      request.at,
    );
    return { ...result, balances, processes: this.alive };
  }
}

/** Answers batches of questions, each batch in one transaction: it is booked as a whole, or nothing of it is. */
export class Batches {
  #desk: Desk | undefined;

  constructor(
    private readonly file: LedgerFile,
    private readonly data: WorkerData,
  ) {}

  reply(questions: readonly Question[]): Reply {
    try {
      const desk = this.#openDesk();
      if (this.file.isLost && questions[0]?.ask !== 'restore') {
        return { lost: `The file ${this.data.path} was replaced or deleted; its balances are those of another file` };
      }
      const answers = this.#transact(desk, questions);
      this.file.isLost = false;
      return { answers };
    } catch (error) {
      const { reason, cause } = failureOf(error);
      return { failed: reason, ...(cause instanceof Error && { cause: cause.message }) };
    }
  }

  /** Says that this process is gone; what does not succeed is found out by the others in time. */
  close(): void {
    try {
      this.#desk?.processes.leave();
    } catch {}
    this.file.close();
  }

  #openDesk(): Desk {
    const database = this.file.open();
    if (this.#desk?.database !== database) this.#desk = new Desk(database, this.data.process, this.file.identity);
    return this.#desk;
  }

  #transact(desk: Desk, questions: readonly Question[]): unknown[] {
    const { database, book, processes } = desk;
    database.exec('BEGIN IMMEDIATE');
    try {
      const at = Math.max(...questions.map(timeOf));
      book.begin();
      desk.alive = undefined;
      processes.beat(at);
      const answers = questions.map((question) => answer(desk.handlers, question));
      book.end(at, questions.length);
      database.exec('COMMIT');
      return answers;
    } catch (error) {
      this.#rollBack(database);
      throw error;
    }
  }

  /** SQLite rolls back by itself after some errors, such as a full disk. A connection that cannot do it is given up. */
  #rollBack(database: Database): void {
    this.#desk = undefined;
    try {
      database.exec('ROLLBACK');
    } catch {
      this.file.close();
    }
  }
}

const answer = <Name extends Asked>(handlers: Handlers, question: Question & { ask: Name }): Answer<Name> =>
  (handlers[question.ask] as (asked: Question) => Answer<Name>)(question);

/** When a question is asked, as it says itself. */
function timeOf(question: Question): number {
  switch (question.ask) {
    case 'reserve':
      return question.request.at;
    case 'settle':
      return question.truth.at;
    case 'topUp':
      return question.note.at;
    default:
      return question.at;
  }
}
