import type { Database } from './driver.js';
import { Failure } from './failure.js';

/** Raised with each change of the tables; a file of a newer one is refused. */
const VERSION = 1;

const TABLES = `
CREATE TABLE schema_version (version INTEGER NOT NULL) STRICT;

-- One budget × label value × window. Amounts are in nano-USD, times in milliseconds since the epoch.
CREATE TABLE account (
  key TEXT PRIMARY KEY,
  ends_at REAL,
  settled INTEGER NOT NULL,
  reserved INTEGER NOT NULL,
  topped_up INTEGER NOT NULL,
  thresholds TEXT NOT NULL,
  fired TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX account_end ON account (ends_at) WHERE ends_at IS NOT NULL;

-- One call. due: when an open one expires, when any other is forgotten.
CREATE TABLE reservation (
  id TEXT PRIMARY KEY,
  is_open INTEGER NOT NULL,
  due REAL NOT NULL,
  ttl_ms REAL NOT NULL,
  state TEXT NOT NULL,
  amount INTEGER NOT NULL,
  rank TEXT NOT NULL,
  at REAL NOT NULL,
  holds TEXT NOT NULL,
  exceeded TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX reservation_due ON reservation (is_open, due);

-- Who raised what an account may spend, and why.
CREATE TABLE top_up (
  account TEXT NOT NULL,
  id TEXT NOT NULL,
  at REAL NOT NULL,
  amount INTEGER NOT NULL,
  actor TEXT NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY (account, id)
) STRICT, WITHOUT ROWID;

-- Up to where accounts were given back after a loss, as of which file: a copy of it is another one.
CREATE TABLE given_back (
  account TEXT PRIMARY KEY,
  file TEXT NOT NULL,
  settled INTEGER NOT NULL,
  topped_up INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The processes that share this file.
CREATE TABLE process (id TEXT PRIMARY KEY, seen_at REAL NOT NULL) STRICT, WITHOUT ROWID;

INSERT INTO schema_version VALUES (${VERSION});
`;

/** Many an app's database has a table `schema_version`. */
const NAMES = `
SELECT count(*) AS tables, count(*) FILTER (WHERE name IN ('schema_version', 'account', 'reservation', 'given_back')) AS ours
FROM sqlite_schema WHERE type = 'table'`;

/**
 * True for a file without tables.
 *
 * @throws {Failure} for one that is not a ledger, or a newer one
 */
export function isNew(database: Database): boolean {
  const { tables, ours } = database.prepare(NAMES).get() as { tables: number; ours: number };
  if (tables === 0) return true;
  if (ours < 4) throw new Failure('not-a-ledger');
  const found = database.prepare('SELECT max(version) AS version FROM schema_version').get()?.version as number;
  if (found > VERSION) throw new Failure('newer-version');
  return false;
}

export const createTables = (database: Database): void => database.exec(TABLES);
