import { Account, type AccountRef } from '@eden-cost/core';
import { isNumber, listOf, wholeOf } from './columns.js';
import type { Database, Row, Statement } from './driver.js';
import { readRow } from './unreadable-row.js';

interface Loaded {
  readonly account: Account;
  /** As the file has it; undefined when it has none. */
  readonly stored: readonly (string | number)[] | undefined;
}

/** What may change of an account, as it is stored. */
const valuesOf = ({ settled, reserved, toppedUp, thresholds, fired }: Account) =>
  [settled, reserved, toppedUp, JSON.stringify(thresholds), JSON.stringify(fired)] as const;

/** The accounts of one transaction: each is read once, and written once if it changed, however many calls name it. */
export class AccountRows {
  readonly #loaded = new Map<string, Loaded>();
  readonly #select: Statement;
  readonly #upsert: Statement;
  readonly #prune: Statement;

  constructor(database: Database) {
    this.#select = database.prepare('SELECT * FROM account WHERE key = ?');
    this.#upsert = database.prepare(`
      INSERT INTO account (key, ends_at, settled, reserved, topped_up, thresholds, fired) VALUES (?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (key) DO UPDATE SET settled = excluded.settled, reserved = excluded.reserved,
        topped_up = excluded.topped_up, thresholds = excluded.thresholds, fired = excluded.fired`);
    this.#prune = database.prepare(`
      DELETE FROM account WHERE key IN (SELECT key FROM account WHERE ends_at < ? AND reserved = 0 LIMIT ?)`);
  }

  /**
   * Undefined for one that the file does not have.
   *
   * @throws {UnreadableRow}
   */
  find(key: string): Account | undefined {
    const loaded = this.#loaded.get(key);
    if (loaded !== undefined) return loaded.account;
    const found = readRow('account', key, () => {
      const row = this.#select.get(key);
      return row && accountOf(row);
    });
    return found && this.#load(found, true);
  }

  open({ key, endsAt = Number.POSITIVE_INFINITY }: AccountRef): Account {
    return this.find(key) ?? this.#load(new Account(key, endsAt), false);
  }

  /** Writes what changed since {@link forget}. */
  write(): void {
    for (const { account, stored } of this.#loaded.values()) {
      const values = valuesOf(account);
      if (stored === undefined ? isUnused(account) : values.every((value, index) => value === stored[index])) continue;
      this.#upsert.run(account.key, Number.isFinite(account.endsAt) ? account.endsAt : null, ...values);
    }
  }

  /** Another process may change the file now. */
  forget(): void {
    this.#loaded.clear();
  }

  /** Deletes some whose window ended before a time. */
  prune(endedBefore: number, most: number): void {
    this.#prune.run(endedBefore, most);
  }

  #load(account: Account, isStored: boolean): Account {
    this.#loaded.set(account.key, { account, stored: isStored ? valuesOf(account) : undefined });
    return account;
  }
}

function accountOf(row: Row): Account {
  const account = new Account(row.key as string, (row.ends_at as number | null) ?? Number.POSITIVE_INFINITY);
  account.settled = wholeOf(row, 'settled');
  account.reserved = wholeOf(row, 'reserved');
  account.toppedUp = wholeOf(row, 'topped_up');
  account.thresholds = listOf(row, 'thresholds', isNumber);
  account.fired = listOf(row, 'fired', isNumber);
  return account;
}

/** A refused reserve must leave no trace, not even an empty account. */
const isUnused = ({ settled, reserved, toppedUp, thresholds, fired }: Account): boolean =>
  settled === 0 && reserved === 0 && toppedUp === 0 && thresholds.length === 0 && fired.length === 0;
