import type { Database, Statement } from './driver.js';

/** A process that was not seen for that long is taken for dead. */
const ALIVE_MS = 30_000;
const BEAT_MS = 5_000;

/** Which processes share the file, by what each writes into it from time to time. */
export class Processes {
  readonly #upsert: Statement;
  readonly #delete: Statement;
  readonly #deleteDead: Statement;
  readonly #count: Statement;
  #seenAt = Number.NEGATIVE_INFINITY;

  /** @param self names this process */
  constructor(
    database: Database,
    private readonly self: string,
  ) {
    this.#upsert = database.prepare(
      'INSERT INTO process (id, seen_at) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at',
    );
    this.#delete = database.prepare('DELETE FROM process WHERE id = ?');
    this.#deleteDead = database.prepare('DELETE FROM process WHERE seen_at < ?');
    this.#count = database.prepare('SELECT count(*) AS alive FROM process WHERE seen_at >= ?');
  }

  /** Says that this process is alive, unless it has said so just before. */
  beat(at: number): void {
    if (at < this.#seenAt + BEAT_MS) return;
    this.#upsert.run(this.self, at);
    this.#deleteDead.run(at - 2 * ALIVE_MS);
    this.#seenAt = at;
  }

  leave(): void {
    this.#delete.run(this.self);
  }

  /** How many are alive, this one included. */
  alive(at: number): number {
    return Math.max(1, this.#count.get(at - ALIVE_MS)?.alive as number);
  }
}
