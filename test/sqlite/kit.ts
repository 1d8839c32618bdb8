import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { AccountRef, Hold, Ledger } from '@eden-cost/core';
import { type SqliteLedgerOptions, sqliteLedger } from '@eden-cost/sqlite';
import { manualClock } from '@eden-cost/testing';
import { ROOT } from '../support/root.js';
import { tempTree } from '../support/temp-tree.js';

export const MINUTE = 60_000;
export const X: AccountRef = { key: 'x' };

export const hold = (amount: number, limit = 100, account = X): Hold => ({
  account,
  amount,
  limit,
  enforce: true,
  thresholds: [1],
});

interface Database {
  exec(sql: string): void;
  prepare(sql: string): { get(): Record<string, unknown> | undefined };
  close(): void;
}

/** A connection of somebody else to the file: by the driver that the ledger has on this Node. */
function connect(path: string): Database {
  const builtIn = process.getBuiltinModule('node:sqlite') as
    | { DatabaseSync: new (path: string) => Database }
    | undefined;
  const Driver = builtIn?.DatabaseSync ?? createRequire(join(ROOT, 'packages/sqlite/package.json'))('libsql');
  const database = new Driver(path);
  database.exec('PRAGMA busy_timeout = 10000'); // the ledger's thread may be at work
  return database;
}

/** Ledgers on one new file for each test; they are closed after it. */
export function useFile() {
  let folder: string;
  const opened: (Ledger | Database)[] = [];
  beforeEach(() => {
    folder = tempTree();
  });
  afterEach(async () => {
    for (const each of opened.splice(0)) await each.close?.();
  });
  const keep = <T extends Ledger | Database>(one: T): T => {
    opened.push(one);
    return one;
  };
  const clock = manualClock();
  return {
    clock,
    get folder() {
      return folder;
    },
    get path() {
      return join(folder, 'budgets.db');
    },
    /** It has more time to answer than a call would give it, as this machine may be slow. */
    open: (options: SqliteLedgerOptions = {}, path = join(folder, 'budgets.db')): Ledger =>
      keep(sqliteLedger(path, { clock, deadlineMs: 20_000, ...options })),
    connect: (path = join(folder, 'budgets.db')) => keep(connect(path)),
    reserve: async (ledger: Ledger, id: string, amount: number, ttlMs = MINUTE) =>
      ledger.reserve({ id, at: clock.now(), ttlMs, holds: [hold(amount)] }),
    settle: async (ledger: Ledger, id: string, amount: number) =>
      ledger.settle(id, amount, { rank: 'reported', at: clock.now() }),
    balance: async (ledger: Ledger) => (await ledger.balances([X], clock.now()))[0],
  };
}
