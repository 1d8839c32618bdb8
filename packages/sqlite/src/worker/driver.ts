/** What the ledger uses of SQLite: `node:sqlite` and `libsql` have it in common. */
export interface Database {
  exec(sql: string): void;
  prepare(sql: string): Statement;
  close(): void;
}

export interface Statement {
  run(...values: Value[]): { readonly changes: number | bigint };
  get(...values: Value[]): Row | undefined;
  all(...values: Value[]): readonly Row[];
}

export type Value = string | number | null;
export type Row = Readonly<Record<string, unknown>>;

export type Driver = new (path: string) => Database;

/** Node 22.5 to 22.12 has `node:sqlite` behind a flag, and does not find it; Node 20 has none. */
function builtIn(): Driver | undefined {
  const sqlite = process.getBuiltinModule('node:sqlite') as { DatabaseSync: Driver } | undefined;
  return sqlite?.DatabaseSync;
}

/** Undefined when there is none: libsql is optional, as it has no binary for every platform. */
export async function findDriver(): Promise<Driver | undefined> {
  const found = builtIn();
  if (found !== undefined) return found;
  try {
    return (await import('libsql')).default as unknown as Driver;
  } catch {
    return undefined;
  }
}
