import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LedgerFileError, sqliteLedger } from '@eden-cost/sqlite';
import { useFile } from './kit.js';

const file = useFile();

/** An app whose ledger fails like this at start does not start. */
const failed = (reason: string, message: RegExp) =>
  expect.objectContaining({
    code: 'ERR_COST_OPTIONS',
    message: expect.stringMatching(message),
    cause: expect.objectContaining({ code: 'ERR_COST_LEDGER_FILE', reason }),
  });

test('creates the file, and says what it is', async () => {
  const ledger = file.open();
  await ledger.start?.();
  expect(ledger).toMatchObject({ name: 'sqlite', shared: true, durable: true });
  expect(readFileSync(file.path).subarray(0, 15).toString()).toBe('SQLite format 3');
});

test('a relative path is taken from where the process is when the ledger is made', async () => {
  const ledger = file.open({}, 'no-such-folder/budgets.db');
  const path = join(process.cwd(), 'no-such-folder/budgets.db');
  await expect(ledger.start?.()).rejects.toMatchObject({ cause: { path, reason: 'no-folder' } });
});

describe('fails at start, with the reason,', () => {
  test('for a folder', async () => {
    mkdirSync(file.path);
    await expect(file.open().start?.()).rejects.toEqual(failed('is-a-folder', /it is a folder\. Name a file in it/));
  });

  test('where there is no folder', async () => {
    const ledger = file.open({}, join(file.folder, 'none', 'budgets.db'));
    await expect(ledger.start?.()).rejects.toEqual(
      failed('no-folder', /Create the folder; in a container, mount a volume/),
    );
  });

  test('where no file can be made', async () => {
    await expect(file.open({}, '/proc/budgets.db').start?.()).rejects.toEqual(
      failed('cannot-open', /it cannot be opened/),
    );
  });

  test('for a file that is no database, and leaves it as it is', async () => {
    const text = 'Dear diary, '.repeat(500);
    writeFileSync(file.path, text);
    await expect(file.open().start?.()).rejects.toEqual(failed('not-a-database', /it is not an SQLite database/));
    expect(readFileSync(file.path, 'utf8')).toBe(text);
  });

  test.each([
    ['', 'CREATE TABLE customer (id INTEGER)'],
    [
      ' that numbers its versions too',
      'CREATE TABLE schema_version (version INTEGER); INSERT INTO schema_version VALUES (1)',
    ],
  ])('for a database of something else%s, and leaves it as it is', async (_name, tables) => {
    const other = file.connect();
    other.exec(tables);
    const before = readFileSync(file.path);
    await expect(file.open().start?.()).rejects.toEqual(failed('not-a-ledger', /it is a database of something else/));
    expect(readFileSync(file.path).equals(before)).toBe(true);
  });

  test('for a file of a newer version', async () => {
    const ledger = file.open();
    await ledger.start?.();
    file.connect().exec('UPDATE schema_version SET version = 99');
    await ledger.close?.();
    await expect(file.open().start?.()).rejects.toEqual(failed('newer-version', /Update @eden-cost\/sqlite/));
  });

  test('and every request of that ledger fails in the same way, until the file can be used', async () => {
    mkdirSync(join(file.folder, 'budgets.db'));
    const ledger = file.open();
    await expect(file.reserve(ledger, 'a', 1)).rejects.toBeInstanceOf(LedgerFileError);
    await expect(file.settle(ledger, 'a', 1)).rejects.toMatchObject({ reason: 'is-a-folder' });
  });
});

test.each([
  ['', {}, /needs the path of a file/],
  [':memory:', {}, /memoryLedger\(\)/],
  ['file:budgets.db', {}, /needs the path of a file/],
  ['x.db', { durabilty: 'crash' }, /durabilty is not an option of sqliteLedger; known are durability, /],
  ['x.db', { durability: 'full' }, /durability must be 'crash' or 'power-loss'/],
  ['x.db', { busyTimeoutMs: 0 }, /busyTimeoutMs must be a whole number/],
  ['x.db', { deadlineMs: Number.NaN }, /deadlineMs must be a whole number/],
  ['x.db', { processes: 0.5 }, /processes must be a whole number/],
])('refuses the path %j with the options %j', (path, options, message) => {
  const make = () => sqliteLedger(path, options as object);
  expect(make).toThrow(expect.objectContaining({ code: 'ERR_COST_OPTIONS', message: expect.stringMatching(message) }));
});
