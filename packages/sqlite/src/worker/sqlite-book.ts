import {
  type Account,
  type AccountRef,
  checkToppedUp,
  type LedgerBook,
  type Reservation,
  type TopUp,
} from '@eden-cost/core';
import { AccountRows } from './account-rows.js';
import type { Database, Statement } from './driver.js';
import { ReservationRows } from './reservation-rows.js';
import { UnreadableRow } from './unreadable-row.js';

/** How long a finished reservation is kept for replays and corrections, or its ttl where that is longer. */
const KEPT_MS = 600_000;
/** How long an account is kept after its window: for settles that come late, and for people who look. */
const GRACE_MS = 35 * 24 * 3_600_000;

/** The book of a ledger in a file: what it hands out is as the file had it at the latest `begin`. */
export class SqliteBook implements LedgerBook {
  readonly #accounts: AccountRows;
  readonly #reservations: ReservationRows;
  readonly #insertNote: Statement;
  readonly #notes: Statement;
  /** No open reservation expires before. */
  #earliest = Number.NEGATIVE_INFINITY;
  #passedBy: UnreadableRow | undefined;

  constructor(database: Database) {
    this.#accounts = new AccountRows(database);
    this.#reservations = new ReservationRows(database, this.#accounts, (row) => {
      this.#passedBy ??= row;
    });
    this.#insertNote = database.prepare(
      'INSERT OR IGNORE INTO top_up (account, id, at, amount, actor, reason) VALUES (?, ?, ?, ?, ?, ?)',
    );
    this.#notes = database.prepare(
      'SELECT id, at, amount, actor, reason FROM top_up WHERE account = ? ORDER BY at, id',
    );
  }

  /** Whatever was read before, the file may have it otherwise. */
  begin(): void {
    this.#accounts.forget();
    this.#reservations.forget();
    this.#earliest = Number.NEGATIVE_INFINITY;
  }

  /** Writes what changed since it began. */
  write(): void {
    this.#accounts.write();
  }

  /** Deletes a little of what is old: work that is bounded, and grows with the transaction. */
  prune(at: number, questions: number): void {
    const most = 2 * questions + 10;
    this.#reservations.prune(at, most);
    this.#accounts.prune(at - GRACE_MS, most);
  }

  find({ key }: AccountRef): Account | undefined {
    return this.#accounts.find(key);
  }

  open(account: AccountRef): Account {
    return this.#accounts.open(account);
  }

  reservation(id: string): Reservation | undefined {
    return this.#reservations.find(id);
  }

  add(reservation: Reservation): void {
    this.#reservations.insert(reservation);
    this.#earliest = Math.min(this.#earliest, reservation.expiresAt);
  }

  finish(reservation: Reservation, at: number): void {
    this.#reservations.update(reservation, at + Math.max(KEPT_MS, reservation.ttlMs));
  }

  /** The question names many, which are not to expire because one cannot be read. */
  extend(id: string, ttlMs: number, at: number): void {
    const reservation = this.unlessUnreadable(() => this.reservation(id));
    if (reservation?.state !== 'open') return;
    reservation.ttlMs = ttlMs;
    reservation.expiresAt = at + ttlMs;
    this.#reservations.update(reservation, reservation.expiresAt);
    this.#earliest = Math.min(this.#earliest, reservation.expiresAt);
  }

  expired(at: number): Reservation | undefined {
    if (at < this.#earliest) return undefined;
    const found = this.#reservations.expired(at);
    if (found === undefined) this.#earliest = this.#reservations.earliest;
    return found;
  }

  /** Does something for one of many rows that a question names. */
  unlessUnreadable<T>(task: () => T): T | undefined {
    try {
      return task();
    } catch (error) {
      if (!(error instanceof UnreadableRow)) throw error;
      this.#passedBy ??= error;
      return undefined;
    }
  }

  /** The first row since it was last asked for that could not be read and was passed by. */
  takePassedBy(): UnreadableRow | undefined {
    const passedBy = this.#passedBy;
    this.#passedBy = undefined;
    return passedBy;
  }

  topUp(account: Account, { id, at, amount, actor, reason }: TopUp): boolean {
    const { changes } = this.#insertNote.run(account.key, id, at, amount, actor, reason);
    if (Number(changes) === 0) return false;
    checkToppedUp(account.toppedUp + amount);
    account.toppedUp += amount;
    return true;
  }

  topUps({ key }: AccountRef): readonly TopUp[] {
    return this.#notes.all(key).map((row) => ({ ...row }) as unknown as TopUp);
  }
}
