import type { Answers, Question, Reply, WorkerData } from '../messages.js';
import { Desk } from './desk.js';
import type { Database } from './driver.js';
import { concernsOneQuestion, failureOf } from './failure.js';
import type { LedgerFile } from './ledger-file.js';
import { allTogether, oneByOne } from './ways-to-answer.js';

/**
 * Answers batches of questions, each batch in one transaction: it is booked as a whole, or nothing of it is. Where one of its
 * questions cannot be answered, all of it is undone, and booked again without what that question changes.
 */
export class Batches {
  #desk: Desk | undefined;

  constructor(
    private readonly file: LedgerFile,
    private readonly data: WorkerData,
  ) {}

  reply(questions: readonly Question[]): Reply {
    try {
      return this.#book(questions, (desk) => allTogether(desk, questions));
    } catch (error) {
      if (!concernsOneQuestion(error)) return failed(error);
    }
    try {
      return this.#book(questions, (desk) => oneByOne(desk, questions, this.data.path));
    } catch (error) {
      return failed(error);
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

  #book(questions: readonly Question[], ask: (desk: Desk) => Answers): Reply {
    const desk = this.#openDesk();
    if (this.file.isLost && questions[0]?.ask !== 'restore') {
      return { lost: `The file ${this.data.path} was replaced or deleted; its balances are those of another file` };
    }
    const answers = this.#transact(desk, questions, ask);
    this.file.isLost = false;
    const passedBy = desk.book.takePassedBy();
    if (passedBy === undefined) return answers;
    return {
      ...answers,
      passedBy: `The ledger goes on without a row of its file ${this.data.path}. ${passedBy.message}`,
    };
  }

  #transact(desk: Desk, questions: readonly Question[], ask: (desk: Desk) => Answers): Answers {
    const { database, book, processes } = desk;
    database.exec('BEGIN IMMEDIATE');
    try {
      const at = Math.max(...questions.map(timeOf));
      book.begin();
      desk.alive = undefined;
      processes.beat(at);
      const answers = ask(desk);
      book.prune(at, questions.length);
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

function failed(error: unknown): Reply {
  const { reason, cause } = failureOf(error);
  return { failed: reason, ...(cause instanceof Error && { cause: cause.message }) };
}

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
