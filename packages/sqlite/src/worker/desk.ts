import { LedgerRules, type ReserveRequest, type ReserveResult } from '@eden-cost/core';
import type { Answer, Asked, Question, Questions } from '../messages.js';
import type { Database } from './driver.js';
import { GivenBack } from './given-back.js';
import { Processes } from './processes.js';
import { SqliteBook } from './sqlite-book.js';

type Handlers = { readonly [Name in Asked]: (asked: Questions[Name]['with']) => Answer<Name> };

/** What one open file is asked through. */
export class Desk {
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

  readonly #handlers: Handlers = {
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

  answer(question: Question): unknown {
    return (this.#handlers[question.ask] as (asked: Question) => unknown)(question);
  }

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
