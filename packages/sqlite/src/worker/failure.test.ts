import { concernsOneQuestion, Failure, failureOf } from './failure.js';

/** As `node:sqlite` and `libsql` say it. */
const nodeSqlite = (errcode: number) => Object.assign(new Error('x'), { code: 'ERR_SQLITE_ERROR', errcode });
const libsql = (rawCode: number) => Object.assign(new Error('x'), { code: 'SQLITE_X', rawCode });

const EXTENDED = 1 << 8;

test.each([
  [5, 'locked'],
  [5 + EXTENDED, 'locked'],
  [6, 'locked'],
  [8, 'read-only'],
  [8 + 5 * EXTENDED, 'read-only'],
  [10 + 3 * EXTENDED, 'disk'],
  [11, 'corrupt'],
  [13, 'full'],
  [14, 'cannot-open'],
  [26, 'not-a-database'],
  [1, 'failed'],
])('the result code %i, from either driver, is the reason %s', (code, reason) => {
  for (const error of [nodeSqlite(code), libsql(code)]) {
    expect(failureOf(error)).toMatchObject({ reason, cause: error });
  }
});

test('what is a failure already stays that', () => {
  const failure = new Failure('no-folder');
  expect(failureOf(failure)).toBe(failure);
});

test('anything else failed for a reason that its cause has', () => {
  const error = new TypeError('x is not a function');
  expect(failureOf(error)).toMatchObject({ reason: 'failed', cause: error });
});

test.each([5, 8, 10, 11, 13, 14, 26, 1, 0])('the result code %i concerns all questions', (code) => {
  for (const error of [nodeSqlite(code), libsql(code), failureOf(libsql(code))]) {
    expect(concernsOneQuestion(error)).toBe(false);
  }
});

test.each([18, 19, 19 + 12 * EXTENDED, 20])('the result code %i concerns the question whose value it is', (code) => {
  for (const error of [nodeSqlite(code), libsql(code)]) expect(concernsOneQuestion(error)).toBe(true);
});

test('what SQLite has not said concerns one question', () => {
  expect(concernsOneQuestion(new TypeError('x is not a function'))).toBe(true);
});
