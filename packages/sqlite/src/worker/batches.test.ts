import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Question, Reply } from '../messages.js';
import { Batches } from './batches.js';
import { type Database, type Driver, findDriver, type Statement } from './driver.js';
import { LedgerFile } from './ledger-file.js';

const NOW = 1_000;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'eden-cost-batches-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** The driver of this Node, which tells when a connection has begun a transaction. */
async function telling(begun: () => void): Promise<Driver> {
  const Real = (await findDriver()) as Driver;
  return class implements Database {
    readonly #real: Database;
    constructor(path: string) {
      this.#real = new Real(path);
    }
    exec(sql: string): void {
      this.#real.exec(sql);
      if (/^BEGIN/.test(sql)) begun();
    }
    prepare(sql: string): Statement {
      return this.#real.prepare(sql);
    }
    close(): void {
      this.#real.close();
    }
  };
}

/** What a process works on the file with; it waits for nobody. */
function open(process: string, driver: Driver | undefined) {
  const data = { path: join(folder, 'budgets.db'), durability: 'crash', busyTimeoutMs: 1, process } as const;
  return new Batches(new LedgerFile(data, driver), data);
}

const reserve = (id: string): Question => ({
  ask: 'reserve',
  request: {
    ...{ id, at: NOW, ttlMs: 60_000 },
    holds: [{ account: { key: 'x' }, amount: 60, limit: 100, enforce: true, thresholds: [] }],
  },
});

test('from where it begins, a transaction has the file for itself: what it has read, no other process changes', async () => {
  const meanwhile: Reply[] = [];
  const other = open('other', await findDriver());
  const driver = await telling(() => meanwhile.push(other.reply([reserve('other')])));
  const one = open('one', driver);
  expect(one.reply([reserve('one')])).toMatchObject({ answers: [{ admitted: true }] });
  expect(one.reply([reserve('again')])).toMatchObject({ answers: [{ admitted: false }] });
  const [creating, ...working] = meanwhile;
  expect(creating).toMatchObject({ failed: 'locked' });
  expect(working.map((reply) => 'failed' in reply && reply.failed)).toEqual(['locked', 'locked']);
  expect(other.reply([reserve('other')])).toMatchObject({ answers: [{ admitted: false }] });
  for (const each of [one, other]) each.close();
});
