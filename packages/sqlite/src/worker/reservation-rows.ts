import { type Account, type Refusal, Reservation, type ReservationRecord, type ReserveResult } from '@eden-cost/core';
import type { AccountRows } from './account-rows.js';
import { listOf, oneOf, wholeOf } from './columns.js';
import type { Database, Row, Statement } from './driver.js';
import { readRow, UnreadableRow } from './unreadable-row.js';

/** How long an expired one is left alone that could not be read: somebody may put it right. */
const REST_MS = 60_000;

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
  readonly #postpone: Statement;
  readonly #prune: Statement;

  /** @param passedBy told of what could not be read, and was left as it is */
  constructor(
    database: Database,
    private readonly accounts: AccountRows,
    private readonly passedBy: (row: UnreadableRow) => void,
  ) {
    this.#select = database.prepare('SELECT * FROM reservation WHERE id = ?');
    this.#selectExpired = database.prepare(
      'SELECT id FROM reservation WHERE is_open = 1 AND due <= ? ORDER BY due LIMIT 1',
    );
    this.#selectEarliest = database.prepare('SELECT min(due) AS due FROM reservation WHERE is_open = 1');
    this.#insert = database.prepare(`
      INSERT INTO reservation (is_open, due, ttl_ms, state, amount, rank, at, holds, exceeded, id)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
    this.#update = database.prepare(`
      UPDATE reservation SET is_open = ?, due = ?, ttl_ms = ?, state = ?, amount = ?, rank = ?, at = ? WHERE id = ?`);
    this.#postpone = database.prepare('UPDATE reservation SET due = ? WHERE id = ?');
    this.#prune = database.prepare(`
      DELETE FROM reservation WHERE id IN (SELECT id FROM reservation WHERE is_open = 0 AND due < ? LIMIT ?)`);
  }

  /** @throws {UnreadableRow} */
  find(id: string): Reservation | undefined {
    const loaded = this.#loaded.get(id);
    if (loaded !== undefined) return loaded;
    return readRow('reservation', id, () => {
      const row = this.#select.get(id);
      return row && this.#load(row);
    });
  }

  /** The open one that is due first, if it is by then, of those that can be read. */
  expired(at: number): Reservation | undefined {
    for (;;) {
      const id = this.#selectExpired.get(at)?.id as string | undefined;
      if (id === undefined) return undefined;
      try {
        return this.find(id);
      } catch (error) {
        if (!(error instanceof UnreadableRow)) throw error;
        this.#postpone.run(at + REST_MS, id);
        this.passedBy(error);
      }
    }
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
    const holds = listOf(row, 'holds', isHold);
    const accounts = holds.map(({ account: key, endsAt }) =>
      this.accounts.open(endsAt === undefined ? { key } : { key, endsAt }),
    );
    const reservation = Reservation.revive(recordOf(row, holds), accounts);
    this.#loaded.set(reservation.id, reservation);
    return reservation;
  }
}

const STATES = ['open', 'settled', 'expired', 'released'] as const;
const RANKS = ['expired', 'estimated', 'rated', 'reported'] as const;

function recordOf(row: Row, holds: readonly StoredHold[]): ReservationRecord {
  const answer: ReserveResult = {
    admitted: true,
    exceeded: row.exceeded === null ? [] : listOf(row, 'exceeded', isRefusal),
    crossed: [],
  };
  const state = oneOf(row, 'state', STATES);
  if (row.is_open !== (state === 'open' ? 1 : 0))
    throw new TypeError(`is_open is ${row.is_open}, and state is ${state}`);
  return {
    id: row.id as string,
    ttlMs: row.ttl_ms as number,
    expiresAt: row.due as number,
    state,
    amount: wholeOf(row, 'amount'),
    rank: oneOf(row, 'rank', RANKS),
    at: row.at as number,
    held: holds.map(({ held }) => held),
    limits: holds.map(({ limit }) => Number(limit)),
    answer,
  };
}

const isObject = (item: unknown): item is object => typeof item === 'object' && item !== null;
const isRefusal = (item: unknown): item is Refusal => isObject(item);

function isHold(item: unknown): item is StoredHold {
  if (!isObject(item)) return false;
  const { account, endsAt = 0, held, limit } = item as Record<keyof StoredHold, unknown>;
  const isLimit = typeof limit === 'number' || (typeof limit === 'string' && !Number.isFinite(Number(limit)));
  return typeof account === 'string' && typeof endsAt === 'number' && Number.isSafeInteger(held) && isLimit;
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
