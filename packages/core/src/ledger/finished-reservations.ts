import type { Account } from './account-book.js';
import { ADMITTED } from './admission.js';
import { IdIndex } from './id-index.js';
import type { ReserveResult } from './ledger.js';
import { Reservation } from './reservation.js';

/** A replay or a correction that comes within this time after the end finds what it belongs to. */
export const KEPT_MS = 600_000;

const CHUNK = 8_192;

interface Chunk {
  readonly numbers: Float64Array;
  readonly accounts: Account[];
}

/**
 * Finished reservations as rows of numbers: a garbage collector that had to carry 100,000 of them as objects would take
 * longer than all the rest.
 */
class Page {
  /** Where an id's row begins: the chunk's number × `CHUNK` + the place in it. */
  readonly #rows = new IdIndex();
  /** Each row: where its accounts begin, how many they are, and what `Reservation.write` wrote. */
  readonly #chunks: Chunk[] = [];
  /** The chunk that is written into, and from where. */
  #chunk = -1;
  #used = CHUNK;
  #accounts = 0;
  /** Only those that say more than "admitted". */
  readonly #answers = new Map<string, ReserveResult>();

  get size(): number {
    return this.#rows.size;
  }

  /** Forgets all of them, and keeps its memory for the next ones. */
  clear(): void {
    this.#rows.clear();
    this.#answers.clear();
    this.#chunk = -1;
    this.#used = CHUNK;
  }

  add(record: Reservation, hash: number): void {
    const count = record.accounts.length;
    const length = 2 + Reservation.rowLength(count);
    if (this.#used + length > CHUNK) this.#nextChunk(length);
    const { numbers, accounts } = this.#chunks[this.#chunk] as Chunk;
    this.#rows.set(record.id, hash, this.#chunk * CHUNK + this.#used);
    numbers[this.#used] = this.#accounts;
    numbers[this.#used + 1] = count;
    record.write(numbers, this.#used + 2);
    for (let index = 0; index < count; index++) accounts[this.#accounts + index] = record.accounts[index] as Account;
    this.#used += length;
    this.#accounts += count;
    if (record.answer !== ADMITTED) this.#answers.set(record.id, record.answer);
  }

  #nextChunk(length: number): void {
    this.#chunk += 1;
    this.#used = 0;
    this.#accounts = 0;
    const present = this.#chunks[this.#chunk];
    if (present !== undefined && present.numbers.length >= length) return;
    this.#chunks[this.#chunk] = { numbers: new Float64Array(Math.max(CHUNK, length)), accounts: [] };
  }

  find(id: string, hash: number): Reservation | undefined {
    const row = this.#rows.get(id, hash);
    if (row === undefined) return undefined;
    const { numbers, accounts } = this.#chunks[Math.floor(row / CHUNK)] as Chunk;
    const start = row % CHUNK;
    const [from, count] = numbers.subarray(start, start + 2) as unknown as [number, number];
    const written = Array.from(numbers.subarray(start + 2, start + 2 + Reservation.rowLength(count)));
    return Reservation.read(written, id, accounts.slice(from, from + count), this.#answers.get(id) ?? ADMITTED);
  }
}

/** Reservations of like ttl: those since the latest turn, and those of the turn before. */
interface Shelf {
  readonly keptMs: number;
  young: Page;
  old: Page;
  turnedAt: number;
}

/**
 * Remembers finished reservations for at least ten minutes or their ttl, whichever is longer. None is ever deleted by
 * itself: a shelf turns, its young page becomes the old one, and the old one is dropped whole. The ttls that share a
 * shelf are at most a factor of two apart, so that a job's day does not prolong the others' ten minutes.
 */
export class FinishedReservations {
  readonly #shelves: Shelf[] = [];

  /** @param most how many a shelf remembers at most; beyond it the older half goes early */
  constructor(readonly most: number) {}

  find(id: string, hash: number): Reservation | undefined {
    for (let index = 0; index < this.#shelves.length; index++) {
      const { young, old } = this.#shelves[index] as Shelf;
      const found = young.find(id, hash) ?? old.find(id, hash);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** Also for one that was corrected: what was added last counts. */
  add(record: Reservation, hash: number, at: number): void {
    const shelf = this.#shelfFor(record.ttlMs, at);
    if (at - shelf.turnedAt > shelf.keptMs || shelf.young.size >= this.most / 2) {
      [shelf.old, shelf.young] = [shelf.young, shelf.old];
      shelf.young.clear();
      shelf.turnedAt = at;
    }
    shelf.young.add(record, hash);
  }

  #shelfFor(ttlMs: number, at: number): Shelf {
    const keptMs = ttlMs <= KEPT_MS ? KEPT_MS : KEPT_MS * 2 ** Math.ceil(Math.log2(ttlMs / KEPT_MS));
    for (let index = 0; index < this.#shelves.length; index++) {
      const shelf = this.#shelves[index] as Shelf;
      if (shelf.keptMs === keptMs) return shelf;
    }
    const shelf: Shelf = { keptMs, young: new Page(), old: new Page(), turnedAt: at };
    this.#shelves.push(shelf);
    return shelf;
  }
}
