import type { Account, AccountRef, LedgerBook, Reservation, TopUp } from '@eden-cost/core';
import { AccountRows } from './account-rows.js';
import type { Database, Statement } from './driver.js';
import { ReservationRows } from './reservation-rows.js';

/** How long a finished reservation is kept for replays and corrections, or its ttl where that is longer. */
const KEPT_MS = 600_000;
/** How long an account is kept after its window: for settles that come late, and for people who look. */
const GRACE_MS = 35 * 24 * 3_600_000;

/** The book of a ledger in a file: what it hands out is of one transaction, from `begin` to `end`. */
export class SqliteBook implements LedgerBook {
  readonly #accounts: AccountRows;
  readonly #reservations: ReservationRows;
  readonly #insertNote: Statement;
  readonly #notes: Statement;
  /** No open reservation expires before. */
  #earliest = Number.NEGATIVE_INFINITY;

  constructor(database: Database) {
    this.#accounts = new AccountRows(database);
    this.#reservations = new ReservationRows(database, this.#accounts);
    this.#insertNote = database.prepare(
      'INSERT OR IGNORE INTO top_up (account, id, at, amount, actor, reason) VALUES (?, ?, ?, ?, ?, ?)',
    );
    this.#notes = database.prepare(
      'SELECT id, at, amount, actor, reason FROM top_up WHERE account = ? ORDER BY at, id',
    );
  }

  begin(): void {
    this.#accounts.forget();
    this.#reservations.forget();
    this.#earliest = Number.NEGATIVE_INFINITY;
  }

  /** Writes what changed, and deletes a little of what is old: work that is bounded, and grows with the transaction. */
  end(at: number, questions: number): void {
    this.#accounts.write();
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

  extend(id: string, ttlMs: number, at: number): void {
    const reservation = this.reservation(id);
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

  topUp(account: Account, { id, at, amount, actor, reason }: TopUp): boolean {
    const { changes } = this.#insertNote.run(account.key, id, at, amount, actor, reason);
    if (Number(changes) === 0) return false;
    account.toppedUp += amount;
    return true;
  }

  topUps({ key }: AccountRef): readonly TopUp[] {
    return this.#notes.all(key).map((row) => ({ ...row }) as unknown as TopUp);
  }
}
