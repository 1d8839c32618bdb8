import { type FinishedReservation, type RememberedAccount, Reservation, type ReservationRecord } from '@eden-cost/core';
import { wholeOf } from './columns.js';
import type { Database, Statement } from './driver.js';
import type { SqliteBook } from './sqlite-book.js';
import { readRow } from './unreadable-row.js';

/** As long as a job may take: the process that started one finds out late that another one has settled it. */
const LONGEST_MS = 24 * 3_600_000;

const unheld = (id: string, at: number): Omit<ReservationRecord, 'state' | 'amount' | 'rank' | 'at'> => ({
  ...{ id, ttlMs: LONGEST_MS, expiresAt: at, held: [], limits: [] },
  answer: { admitted: true, exceeded: [], crossed: [] },
});

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

  /** What was reserved is not put back: whoever holds it reserves it again. */
  restore(remembered: readonly RememberedAccount[], finished: readonly FinishedReservation[], at: number): void {
    this.#forgetOthers.run(this.file);
    for (const each of finished) this.book.unlessUnreadable(() => this.#finish(each, at));
    for (const each of remembered) this.book.unlessUnreadable(() => this.#restore(each));
  }

  /**
   * An older file may have it as open; what it came to is in the balances. Where there is nothing of it, another process that does
   * not know what became of it may reserve it again: so it is put there as finished, over no accounts.
   */
  #finish({ id, amount, truth }: FinishedReservation, at: number): void {
    const found = this.book.reservation(id);
    if (found !== undefined && found.state !== 'open') return;
    found?.release();
    const record = {
      ...(found?.record ?? unheld(id, at)),
      state: 'settled',
      amount,
      rank: truth.rank,
      at: truth.at,
    } as const;
    const finished = Reservation.revive(record, found?.accounts ?? []);
    if (found === undefined) this.book.add(finished);
    this.book.finish(finished, at);
  }

  #restore({ account: ref, balance }: RememberedAccount): void {
    const account = this.book.open(ref);
    const { settled, toppedUp } = readRow('given_back', ref.key, () => {
      const row = this.#select.get(ref.key);
      return row ? { settled: wholeOf(row, 'settled'), toppedUp: wholeOf(row, 'topped_up') } : account.balance;
    });
    account.settled += Math.max(0, balance.settled - settled);
    account.toppedUp += Math.max(0, balance.toppedUp - toppedUp);
    this.#upsert.run(ref.key, this.file, Math.max(settled, balance.settled), Math.max(toppedUp, balance.toppedUp));
  }
}
