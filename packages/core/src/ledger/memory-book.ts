import { type Account, AccountBook } from './account-book.js';
import { ExpiryHeap } from './expiry-heap.js';
import { FinishedReservations } from './finished-reservations.js';
import { hashOf } from './id-index.js';
import type { AccountRef, TopUp } from './ledger.js';
import type { LedgerBook } from './ledger-rules.js';
import { OpenReservations } from './open-reservations.js';
import type { Reservation } from './reservation.js';

/** The book of a ledger in memory. */
export class MemoryBook implements LedgerBook {
  readonly #accounts = new AccountBook();
  readonly #open = new OpenReservations();
  readonly #expiring = new ExpiryHeap<Reservation>();
  readonly #finished: FinishedReservations;
  #latestId = '';
  #latestHash = hashOf('');

  /** @param maxFinished how many finished reservations are remembered */
  constructor(maxFinished: number) {
    this.#finished = new FinishedReservations(maxFinished);
  }

  find(account: AccountRef): Account | undefined {
    return this.#accounts.find(account);
  }

  open(account: AccountRef, at: number): Account {
    return this.#accounts.open(account, at);
  }

  reservation(id: string): Reservation | undefined {
    const hash = this.#hashOf(id);
    return this.#open.find(id, hash) ?? this.#finished.find(id, hash);
  }

  add(reservation: Reservation): void {
    this.#open.add(reservation, this.#hashOf(reservation.id));
    this.#expiring.add(reservation);
  }

  finish(reservation: Reservation, at: number): void {
    const hash = this.#hashOf(reservation.id);
    this.#open.remove(reservation, hash);
    this.#expiring.remove(reservation);
    this.#finished.add(reservation, hash, at);
  }

  extend(id: string, ttlMs: number, at: number): void {
    const reservation = this.#open.find(id, this.#hashOf(id));
    if (reservation === undefined) return;
    reservation.ttlMs = ttlMs;
    this.#expiring.move(reservation, at + ttlMs);
  }

  expired(at: number): Reservation | undefined {
    const first = this.#expiring.earliest;
    return first !== undefined && first.expiresAt <= at ? first : undefined;
  }

  topUp(account: Account, note: TopUp): boolean {
    return account.topUp(note);
  }

  topUps(account: AccountRef): readonly TopUp[] {
    return this.#accounts.find(account)?.notes ?? [];
  }

  /** Each step of a ledger looks for an id, and then does something with what it found: twice the same. */
  #hashOf(id: string): number {
    if (id !== this.#latestId) {
      this.#latestId = id;
      this.#latestHash = hashOf(id);
    }
    return this.#latestHash;
  }
}
