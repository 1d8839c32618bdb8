import type { WorkerData } from '../messages.js';
import type { Database, Driver } from './driver.js';
import { Failure, failureOf } from './failure.js';
import { checkPlace, identityOf } from './place.js';
import { createTables, isNew } from './schema.js';

const PAUSE_MS = 20;

/** The connection to the file. It is opened when it is needed, and again when the file was replaced under it. */
export class LedgerFile {
  #database: Database | undefined;
  #identity: string | undefined;
  /** True from when the file was found to be another one, until what is remembered of the old one is restored. */
  isLost = false;

  constructor(
    private readonly data: WorkerData,
    private readonly driver: Driver | undefined,
  ) {}

  /**
   * @returns the open file; another object when the file is another one
   * @throws {Failure}
   */
  open(): Database {
    // As long as the old file is open here, no other one can be given its number.
    const isSame = identityOf(this.data.path) === this.#identity;
    if (this.#database !== undefined && isSame) return this.#database;
    this.isLost ||= this.#identity !== undefined && !isSame;
    this.close();
    this.#database = this.#connect();
    this.#identity = identityOf(this.data.path);
    return this.#database;
  }

  /** What tells the file that was opened last from any other. */
  get identity(): string {
    return this.#identity ?? '';
  }

  /** Also after an error that leaves the connection in the middle of a transaction. */
  close(): void {
    const database = this.#database;
    this.#database = undefined;
    database?.close();
  }

  #connect(): Database {
    if (this.driver === undefined) throw new Failure('no-driver');
    checkPlace(this.data.path);
    let database: Database | undefined;
    try {
      database = new this.driver(this.data.path);
      this.#prepare(database);
      return database;
    } catch (error) {
      database?.close();
      throw failureOf(error);
    }
  }

  #prepare(database: Database): void {
    database.exec(`PRAGMA busy_timeout = ${this.data.busyTimeoutMs}`);
    isNew(database); // before the first change: what is not a ledger is left as it is
    this.#useWal(database);
    database.exec(`PRAGMA synchronous = ${this.data.durability === 'power-loss' ? 'FULL' : 'NORMAL'}`);
    database.exec('BEGIN IMMEDIATE');
    if (isNew(database)) createTables(database);
    database.exec('COMMIT');
  }

  /** SQLite does not wait by itself while another process changes the journal's mode, as each does that creates the file. */
  #useWal(database: Database): void {
    for (let pauses = this.data.busyTimeoutMs / PAUSE_MS; ; pauses--) {
      try {
        database.exec('PRAGMA journal_mode = WAL');
        return;
      } catch (error) {
        if (pauses <= 0 || failureOf(error).reason !== 'locked') throw error;
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
      }
    }
  }
}
