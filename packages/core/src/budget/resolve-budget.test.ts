import { OptionsError } from '../errors.js';
import { resolveBudget, resolveBudgets, sameBudget } from './resolve-budget.js';

const VALID = { name: 'tenant-daily', limitUsd: 5, window: 'day', by: 'tenant' };
const resolve = (budget: object) => resolveBudget({ ...VALID, ...budget }, 'budgets[2]');

describe('resolveBudget', () => {
  test('fills in the defaults', () => {
    expect(resolveBudget({ name: 'all', limitUsd: 0.1, window: 'total' }, 'budgets[0]')).toEqual({
      name: 'all',
      limit: 100_000_000,
      fallback: undefined,
      window: 'total',
      timeZone: 'UTC',
      by: [],
      missing: 'group',
      match: undefined,
      routes: 'all',
      mandatory: false,
      strict: false,
      estimate: undefined,
      mode: 'enforce',
      thresholds: [0.5, 0.8, 1],
      onLedgerError: 'local',
    });
  });

  test('keeps what is given, in nanos', () => {
    const match = () => true;
    const given = { match, timeZone: 'Europe/Paris', by: ['tenant', 'user'], missing: 'skip', routes: 'named' };
    const more = { mandatory: true, strict: true, mode: 'observe', onLedgerError: 'allow', estimateUsd: 0.02 };
    expect(resolve({ ...given, ...more, fallbackUsd: 1 })).toMatchObject({
      ...given,
      mandatory: true,
      strict: true,
      mode: 'observe',
      onLedgerError: 'allow',
      estimate: 20_000_000,
      fallback: 1_000_000_000,
      limit: 5_000_000_000,
    });
  });

  test('takes 0, Infinity and a function as limits', () => {
    const plan = () => 1;
    expect(resolve({ limitUsd: 0 }).limit).toBe(0);
    expect(resolve({ limitUsd: Number.POSITIVE_INFINITY }).limit).toBe(Number.POSITIVE_INFINITY);
    expect(resolve({ limitUsd: plan }).limit).toBe(plan);
  });

  test('sorts thresholds, each once', () => {
    expect(resolve({ thresholds: [1, 0.5, 1, 2] }).thresholds).toEqual([0.5, 1, 2]);
    expect(resolve({ thresholds: [] }).thresholds).toEqual([]);
  });

  test.each(['UTC', 'utc', 'Etc/UTC', 'GMT'])('knows %s for UTC', (timeZone) => {
    expect(resolve({ timeZone }).timeZone).toBe('UTC');
  });

  test.each([
    [{ limitUSD: 5 }, 'budgets[2].limitUSD is not an option; did you mean "limitUsd"?'],
    [{ name: '' }, 'budgets[2].name must be a text that is not empty; got ""'],
    [{ name: '  ' }, 'budgets[2].name must be a text that is not empty'],
    [{ name: 7 }, 'budgets[2].name must be a text that is not empty; got 7'],
    [{ name: 'x'.repeat(129) }, 'budgets[2].name must have at most 128 characters; got 129'],
    [{ name: 'a\ud800' }, 'budgets[2].name must be well-formed text'],
    [{ limitUsd: -1 }, 'budgets[2].limitUsd (budget "tenant-daily") must be a number of USD, at least 0'],
    [{ limitUsd: Number.NaN }, 'at least 0 (Infinity for no limit, or a function of the scope); got NaN'],
    [
      { limitUsd: '5' },
      'budgets[2].limitUsd (budget "tenant-daily") must be a number of USD, at least 0 (Infinity for no limit, or a function of the scope); got "5"',
    ],
    [{ limitUsd: undefined }, 'got undefined'],
    [{ limitUsd: 1e8 }, 'must be at most 9007199 USD'],
    [{ fallbackUsd: -1 }, 'budgets[2].fallbackUsd'],
    [
      { estimateUsd: Number.POSITIVE_INFINITY },
      'budgets[2].estimateUsd (budget "tenant-daily") must be at most 9007199 USD',
    ],
    [{ estimateUsd: Number.NaN }, 'budgets[2].estimateUsd'],
    [{ estimateUsd: -0.01 }, 'budgets[2].estimateUsd'],
    [{ window: 'dayly' }, '"total"; got "dayly", did you mean "day"?'],
    [{ window: undefined }, 'budgets[2].window (budget "tenant-daily") must be one of "request"'],
    [
      { timeZone: 'Europe/Pariss' },
      '"Europe/Pariss" is not a time zone that this runtime knows; did you mean "Europe/Paris"?',
    ],
    [{ timeZone: 2 }, 'must be an IANA time zone such as "Europe/Paris"; got 2'],
    [
      { timeZone: 'Europe/Paris', window: 'total' },
      'budgets[2].timeZone (budget "tenant-daily") has no effect on a "total" window',
    ],
    [{ timeZone: 'UTC', window: 'request' }, 'has no effect on a "request" window'],
    [{ by: '' }, 'budgets[2].by'],
    [{ by: [] }, 'budgets[2].by (budget "tenant-daily") must name a label'],
    [{ by: ['tenant', 3] }, 'must be the name of a label, or an array of names; got 3'],
    [{ by: ['tenant', 'tenant'] }, 'must name each label once'],
    [
      { missing: 'ignore' },
      'budgets[2].missing (budget "tenant-daily") must be one of "group", "skip", "refuse"; got "ignore"',
    ],
    [{ routes: 'name' }, 'did you mean "named"?'],
    [{ mode: 'enforced' }, 'did you mean "enforce"?'],
    [{ onLedgerError: 'deny' }, 'must be one of "local", "refuse", "allow"; got "deny"'],
    [{ mandatory: 'yes' }, 'budgets[2].mandatory (budget "tenant-daily") must be true or false; got "yes"'],
    [{ strict: 1 }, 'budgets[2].strict (budget "tenant-daily") must be true or false; got 1'],
    [{ match: 'chat' }, 'budgets[2].match (budget "tenant-daily") must be a function; got "chat"'],
    [{ thresholds: 0.8 }, 'must be an array of fractions such as [0.5, 0.8, 1]; got 0.8'],
    [{ thresholds: [0.5, 80] }, 'above 0 and at most 10 (0.8 is 80 %); got 80'],
    [{ thresholds: [0] }, 'got 0'],
    [{ thresholds: ['0.5'] }, 'got "0.5"'],
  ])('refuses %j', (wrong, message) => {
    expect(() => resolve(wrong)).toThrow(OptionsError);
    expect(() => resolve(wrong)).toThrow(message);
  });

  test.each([undefined, null, 'tenant-daily', 5, []])('refuses %j for a budget', (budget) => {
    expect(() => resolveBudget(budget, 'budgets[0]')).toThrow('budgets[0] must be a budget: { name: ');
  });
});

describe('resolveBudgets', () => {
  test('resolves each, in order', () => {
    const names = resolveBudgets([VALID, { ...VALID, name: 'b' }]).map(({ name }) => name);
    expect(names).toEqual(['tenant-daily', 'b']);
  });

  test('refuses two of one name, saying which', () => {
    expect(() => resolveBudgets([VALID, { ...VALID, name: 'b' }, VALID], 'budgets')).toThrow(
      'budgets[2].name "tenant-daily" is also the name of budgets[0]',
    );
  });

  test.each([[VALID], ['x'], [null]])('refuses %j for a list', (budgets) => {
    expect(() => resolveBudgets(budgets)).toThrow('options.budgets must be an array of budgets');
  });

  test('refuses a hole in the list', () => {
    // biome-ignore lint/suspicious/noSparseArray: that is what is tested
    expect(() => resolveBudgets([VALID, , VALID])).toThrow('options.budgets[1] must be a budget');
  });
});

test('sameBudget compares what budgets say, and functions by identity', () => {
  const plan = () => 1;
  expect(sameBudget(resolve({ limitUsd: plan }), resolve({ limitUsd: plan }))).toBe(true);
  expect(sameBudget(resolve({}), resolve({ limitUsd: 6 }))).toBe(false);
  expect(sameBudget(resolve({ thresholds: [1] }), resolve({}))).toBe(false);
  expect(sameBudget(resolve({ limitUsd: plan }), resolve({ limitUsd: () => 1 }))).toBe(false);
});
