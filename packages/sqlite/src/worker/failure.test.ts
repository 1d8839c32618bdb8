import { Failure, failureOf } from './failure.js';

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
