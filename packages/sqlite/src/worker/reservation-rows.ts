import { type Account, Reservation, type ReservationRecord, type ReserveResult } from '@eden-cost/core';
import type { AccountRows } from './account-rows.js';
import type { Database, Row, Statement } from './driver.js';

/** One hold of a reservation, as the file has it. */
interface StoredHold {
  readonly account: string;
  readonly endsAt?: number;
  readonly held: number;
  /** `"Infinity"` for none: JSON has no such number. */
  readonly limit: number | string;
}

/** The reservations of one transaction: each is read once, and written with each change. */
export class ReservationRows {
  readonly #loaded = new Map<string, Reservation>();
  readonly #select: Statement;
  readonly #selectExpired: Statement;
  readonly #selectEarliest: Statement;
  readonly #insert: Statement;
  readonly #update: Statement;
  readonly #prune: Statement;

  constructor(
    database: Database,
    private readonly accounts: AccountRows,
  ) {
    this.#select = database.prepare('SELECT * FROM reservation WHERE id = ?');
    this.#selectExpired = database.prepare(
      'SELECT * FROM reservation WHERE is_open = 1 AND due <= ? ORDER BY due LIMIT 1',
    );
    this.#selectEarliest = database.prepare('SELECT min(due) AS due FROM reservation WHERE is_open = 1');
    this.#insert = database.prepare(`
      INSERT INTO reservation (is_open, due, ttl_ms, state, amount, rank, at, holds, exceeded, id)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
    this.#update = database.prepare(`
      UPDATE reservation SET is_open = ?, due = ?, ttl_ms = ?, state = ?, amount = ?, rank = ?, at = ? WHERE id = ?`);
    this.#prune = database.prepare(`
      DELETE FROM reservation WHERE id IN (SELECT id FROM reservation WHERE is_open = 0 AND due < ? LIMIT ?)`);
  }

  find(id: string): Reservation | undefined {
    const loaded = this.#loaded.get(id);
    if (loaded !== undefined) return loaded;
    const row = this.#select.get(id);
    return row && this.#load(row);
  }

  /** The open one that is due first, if it is by then. */
  expired(at: number): Reservation | undefined {
    const row = this.#selectExpired.get(at);
    return row && (this.#loaded.get(row.id as string) ?? this.#load(row));
  }

  /** When the next open one expires. */
  get earliest(): number {
    return (this.#selectEarliest.get()?.due as number | null) ?? Number.POSITIVE_INFINITY;
  }

  insert(reservation: Reservation): void {
    const { accounts, held, limits, answer, expiresAt } = reservation;
    const holds = accounts.map((account, index) => storedHold(account, held[index] as number, limits[index] as number));
    const exceeded = answer.admitted && answer.exceeded.length > 0 ? JSON.stringify(answer.exceeded) : null;
    this.#insert.run(1, expiresAt, ...standingOf(reservation), JSON.stringify(holds), exceeded, reservation.id);
    this.#loaded.set(reservation.id, reservation);
  }

  /** @param due when it expires if it is open, else when it may be forgotten */
  update(reservation: Reservation, due: number): void {
    const isOpen = reservation.state === 'open' ? 1 : 0;
    this.#update.run(isOpen, due, ...standingOf(reservation), reservation.id);
    this.#loaded.set(reservation.id, reservation);
  }

  forget(): void {
    this.#loaded.clear();
  }

  /** Deletes some that may be forgotten by a time. */
  prune(at: number, most: number): void {
    this.#prune.run(at, most);
  }

  #load(row: Row): Reservation {
    const holds = JSON.parse(row.holds as string) as readonly StoredHold[];
    const accounts = holds.map(({ account: key, endsAt }) =>
      this.accounts.open(endsAt === undefined ? { key } : { key, endsAt }),
    );
    const reservation = Reservation.revive(recordOf(row, holds), accounts);
    this.#loaded.set(reservation.id, reservation);
    return reservation;
  }
}

function recordOf(row: Row, holds: readonly StoredHold[]): ReservationRecord {
  const answer: ReserveResult = {
    admitted: true,
    exceeded: row.exceeded === null ? [] : JSON.parse(row.exceeded as string),
    crossed: [],
  };
  return {
    id: row.id as string,
    ttlMs: row.ttl_ms as number,
    expiresAt: row.due as number,
    state: row.state as ReservationRecord['state'],
    amount: row.amount as number,
    rank: row.rank as ReservationRecord['rank'],
    at: row.at as number,
    held: holds.map(({ held }) => held),
    limits: holds.map(({ limit }) => Number(limit)),
    answer,
  };
}

function storedHold({ key, endsAt }: Account, held: number, limit: number): StoredHold {
  return {
    account: key,
    ...(Number.isFinite(endsAt) && { endsAt }),
    held,
    limit: Number.isFinite(limit) ? limit : String(limit),
  };
}

function standingOf({ record }: Reservation): [number, string, number, string, number] {
  return [record.ttlMs, record.state, record.amount, record.rank, record.at];
}
