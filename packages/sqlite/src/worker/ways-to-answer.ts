import type { Answers, Question } from '../messages.js';
import type { Desk } from './desk.js';
import { concernsOneQuestion } from './failure.js';

export function allTogether(desk: Desk, questions: readonly Question[]): Answers {
  const answers = questions.map((question) => desk.answer(question));
  desk.book.write();
  return { answers };
}

/** What one question changes is written before the next one is asked, so that it can be undone alone. */
export function oneByOne(desk: Desk, questions: readonly Question[], path: string): Answers {
  const { database, book } = desk;
  const refused = new Map<number, string>();
  const ask = (question: Question, index: number): unknown => {
    try {
      const answered = desk.answer(question);
      book.write();
      return answered;
    } catch (error) {
      // A file that was not given back all that it is to be given back is still lost.
      if (!concernsOneQuestion(error) || question.ask === 'restore') throw error;
      database.exec('ROLLBACK TO question');
      refused.set(index, `The ledger's file ${path} works, and cannot answer one question. ${messageOf(error)}`);
      return undefined;
    }
  };
  const answers = questions.map((question, index) => {
    database.exec('SAVEPOINT question');
    const answered = ask(question, index);
    database.exec('RELEASE question');
    book.begin();
    return answered;
  });
  return { answers, refused };
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
