import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Answers, Question, Reply } from '../messages.js';
import { Batches } from './batches.js';
import { type Database, type Driver, findDriver, type Statement } from './driver.js';
import { LedgerFile } from './ledger-file.js';

const NOW = 1_000;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'eden-cost-batches-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** The driver of this Node, which tells what a connection has executed. */
async function telling(executed: (sql: string) => void): Promise<Driver> {
  const Real = (await findDriver()) as Driver;
  return class implements Database {
    readonly #real: Database;
    constructor(path: string) {
      this.#real = new Real(path);
    }
    exec(sql: string): void {
      this.#real.exec(sql);
      executed(sql);
    }
    prepare(sql: string): Statement {
      const statement = this.#real.prepare(sql);
      return {
        run(...values) {
          executed(sql);
          return statement.run(...values);
        },
        get: (...values) => statement.get(...values),
        all: (...values) => statement.all(...values),
      };
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
  const driver = await telling((sql) => {
    if (/^BEGIN/.test(sql)) meanwhile.push(other.reply([reserve('other')]));
  });
  const one = open('one', driver);
  expect(one.reply([reserve('one')])).toMatchObject({ answers: [{ admitted: true }] });
  expect(one.reply([reserve('again')])).toMatchObject({ answers: [{ admitted: false }] });
  const [creating, ...working] = meanwhile;
  expect(creating).toMatchObject({ failed: 'locked' });
  expect(working.map((reply) => 'failed' in reply && reply.failed)).toEqual(['locked', 'locked']);
  expect(other.reply([reserve('other')])).toMatchObject({ answers: [{ admitted: false }] });
  for (const each of [one, other]) each.close();
});

test('a question that fails half way leaves nothing behind, and the others of its batch are booked', async () => {
  const driver = (await findDriver()) as Driver;
  const batches = open('one', driver);
  batches.reply([reserve('first')]);
  const other = new driver(join(folder, 'budgets.db'));
  other.exec(
    `CREATE TRIGGER guard BEFORE INSERT ON account WHEN new.key = 'y' BEGIN SELECT RAISE(ABORT, 'not y'); END`,
  );
  const topUp = (key: string, id: string): Question => {
    const note = { id, at: NOW, amount: 5, actor: 'ann', reason: 'asked for it' };
    return { ask: 'topUp', account: { key }, note };
  };
  const { answers, refused } = batches.reply([
    topUp('x', 'one'),
    topUp('y', 'two'),
    topUp('x', 'three'),
    { ask: 'topUps', account: { key: 'y' }, at: NOW },
    { ask: 'balances', accounts: [{ key: 'x' }, { key: 'y' }], at: NOW },
  ]) as Answers;
  expect(refused).toEqual(new Map([[1, expect.stringContaining('not y')]]));
  expect(answers.slice(3)).toEqual([
    [],
    [
      { settled: 0, reserved: 60, toppedUp: 10 },
      { settled: 0, reserved: 0, toppedUp: 0 },
    ],
  ]);
  other.exec('DROP TRIGGER guard');
  other.close();
  const again = batches.reply([topUp('y', 'two'), { ask: 'balances', accounts: [{ key: 'y' }], at: NOW }]);
  expect(again).toEqual({ answers: [undefined, [{ settled: 0, reserved: 0, toppedUp: 5 }]] });
  batches.close();
});

test('a disk that fails while the questions of a batch are asked one by one has booked none of them', async () => {
  let notes = 0;
  let full = 3;
  const driver = await telling((sql) => {
    if (/INTO top_up/.test(sql) && ++notes === full) throw Object.assign(new Error('full'), { errcode: 13 });
  });
  const batches = open('one', driver);
  batches.reply([reserve('bad')]);
  const Real = (await findDriver()) as Driver;
  const other = new Real(join(folder, 'budgets.db'));
  other.exec("UPDATE reservation SET holds = ''");
  const settle = (id: string): Question => ({ ask: 'settle', id, amount: 1, truth: { rank: 'reported', at: NOW } });
  const topUp = (id: string): Question => ({
    ask: 'topUp',
    account: { key: 'x' },
    note: { id, at: NOW, amount: 5, actor: 'ann', reason: 'asked for it' },
  });
  const batch = [topUp('one'), settle('bad'), topUp('two')];
  expect(batches.reply(batch)).toEqual({ failed: 'full', cause: 'full' });
  const balance: Question = { ask: 'balances', accounts: [{ key: 'x' }], at: NOW };
  expect(batches.reply([balance])).toEqual({ answers: [[{ settled: 0, reserved: 60, toppedUp: 0 }]] });
  full = Number.POSITIVE_INFINITY;
  const refused = new Map([[1, expect.stringMatching(/^The ledger's file .*budgets\.db works.*"bad"/)]]);
  expect(batches.reply(batch)).toEqual({ answers: [undefined, undefined, undefined], refused });
  expect(batches.reply([balance])).toEqual({ answers: [[{ settled: 0, reserved: 60, toppedUp: 10 }]] });
  other.close();
  batches.close();
});
