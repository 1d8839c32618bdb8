import type { RememberedAccount } from '@eden-cost/core';
import type { Database, Statement } from './driver.js';
import type { SqliteBook } from './sqlite-book.js';

/**
 * Brings accounts back to what processes saw of them before the file was lost. They come one after another, and what is spent
 * between the first and the last is in what none of them saw: so it is kept up to where an account has been given back, and only
 * what goes beyond that is added.
 */
export class GivenBack {
  readonly #forgetOthers: Statement;
  readonly #select: Statement;
  readonly #upsert: Statement;

  /** @param file tells the file from any other, also from a copy of it: what was given back to that one is no matter here */
  constructor(
    database: Database,
    private readonly book: SqliteBook,
    private readonly file: string,
  ) {
    this.#forgetOthers = database.prepare('DELETE FROM given_back WHERE file <> ?');
    this.#select = database.prepare('SELECT settled, topped_up FROM given_back WHERE account = ?');
    this.#upsert = database.prepare(`
      INSERT INTO given_back (account, file, settled, topped_up) VALUES (?, ?, ?, ?)
      ON CONFLICT (account) DO UPDATE SET settled = excluded.settled, topped_up = excluded.topped_up`);
  }

  /** What was reserved is not put back: its reservations are gone. */
  restore(remembered: readonly RememberedAccount[]): void {
    this.#forgetOthers.run(this.file);
    for (const each of remembered) this.#restore(each);
  }

  #restore({ account: ref, balance }: RememberedAccount): void {
    const account = this.book.open(ref);
    const row = this.#select.get(ref.key);
    const settled = (row?.settled as number | undefined) ?? account.settled;
    const toppedUp = (row?.topped_up as number | undefined) ?? account.toppedUp;
    account.settled += Math.max(0, balance.settled - settled);
    account.toppedUp += Math.max(0, balance.toppedUp - toppedUp);
    this.#upsert.run(ref.key, this.file, Math.max(settled, balance.settled), Math.max(toppedUp, balance.toppedUp));
  }
}
