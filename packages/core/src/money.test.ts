import fc from 'fast-check';
import { costToNanos, estimateToNanos, formatUsd, limitToNanos, nanosToUsd, parseUsd } from './money.js';

describe('parseUsd', () => {
  test.each([
    ['0', 0],
    ['0.01', 10_000_000],
    ['0.0100', 10_000_000],
    ['.5', 500_000_000],
    ['5.', 5_000_000_000],
    ['+1', 1_000_000_000],
    [' 1 ', 1_000_000_000],
    ['1.2e-06', 1_200],
    ['1.2E-6', 1_200],
    ['12e1', 120_000_000_000],
    ['0.0000000005', 1],
    ['0.00000000049999', 0],
    ['5e-10', 1],
    ['4.9e-10', 0],
    ['1e-300', 0],
    ['0.1234567895', 123_456_790],
    ['9007199.254740991', Number.MAX_SAFE_INTEGER],
    ['0e999', 0],
    ['000000000000000000000000000001', 1_000_000_000],
  ])('reads %j as %d nanos', (text, nanos) => {
    expect(parseUsd(text)).toBe(nanos);
  });

  test.each([
    '',
    ' ',
    '.',
    'e5',
    'NaN',
    'Infinity',
    '-1',
    '-0',
    '1,5',
    '1_000',
    '0x10',
    '1.2.3',
    '$1',
    '1e',
    '1e1000',
    '١',
  ])('takes %j for no amount', (text) => {
    expect(parseUsd(text)).toBeUndefined();
  });

  test.each(['9007199.254740992', '1e9', '9'.repeat(400), '1e999'])('refuses %s: it would not be exact', (text) => {
    expect(parseUsd(text)).toBeUndefined();
  });

  test('takes no longer for a hostile text than its length', () => {
    const started = performance.now();
    parseUsd(`${'1'.repeat(200_000)}x`);
    parseUsd(`${' '.repeat(200_000)}x`);
    expect(performance.now() - started).toBeLessThan(500);
  });

  test('reads back whatever formatUsd writes', () => {
    fc.assert(
      fc.property(fc.nat(Number.MAX_SAFE_INTEGER), fc.nat(12), (nanos, decimals) => {
        expect(parseUsd(formatUsd(nanos, decimals))).toBe(nanos);
      }),
    );
  });

  test('adds up: a hundred times one cent is exactly one dollar', () => {
    const cents = Array.from({ length: 100 }, () => parseUsd('0.01') ?? Number.NaN);
    expect(cents.reduce((sum, cent) => sum + cent, 0)).toBe(parseUsd('1'));
  });
});

describe('costToNanos', () => {
  test.each([
    [0.1, 100_000_000],
    [0, 0],
    [-0, 0],
    [1e-7, 100],
    [5e-10, 1],
    [1.005, 1_005_000_000],
  ])('rounds %d half up', (usd, nanos) => {
    expect(costToNanos(usd)).toBe(nanos);
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, -1, -1e-12, 1e10, 1e21])('takes %d for no amount', (usd) => {
    expect(costToNanos(usd)).toBeUndefined();
  });

  test('gives back every amount that nanosToUsd has turned into a number', () => {
    fc.assert(
      fc.property(fc.nat(2 ** 50), (nanos) => {
        expect(costToNanos(nanosToUsd(nanos))).toBe(nanos);
      }),
    );
  });
});

describe('estimateToNanos', () => {
  test.each([
    [0, 0],
    [1e-10, 1],
    [1e-9, 1],
    [1.1e-9, 2],
    [0.1 + 0.2, 300_000_000],
    [0.07 * 100, 7_000_000_000],
    [1e-13, 0],
  ])('rounds %d up, and no noise', (usd, nanos) => {
    expect(estimateToNanos(usd)).toBe(nanos);
  });
});

describe('limitToNanos', () => {
  test.each([
    [5, 5_000_000_000],
    [0, 0],
    [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
    [-1, Number.NaN],
    [Number.NaN, Number.NaN],
    [1e7, Number.NaN],
  ])('%d', (usd, nanos) => {
    expect(limitToNanos(usd)).toBe(nanos);
  });
});

describe('formatUsd', () => {
  test.each([
    [0, '0.00'],
    [1_200, '0.0000012'],
    [10_000_000, '0.01'],
    [1_500_000_000, '1.50'],
    [12_345_678_901, '12.345678901'],
    [Number.MAX_SAFE_INTEGER, '9007199.254740991'],
    [-10_000_000, '-0.01'],
    [-0, '0.00'],
    [-0.4, '0.00'],
    [Number.POSITIVE_INFINITY, 'Infinity'],
  ])('writes %d as %s', (nanos, text) => {
    expect(formatUsd(nanos)).toBe(text);
  });

  test('writes as many places as asked for, and never fewer than are needed', () => {
    expect(formatUsd(1_500_000_000, 0)).toBe('1.5');
    expect(formatUsd(2_000_000_000, 0)).toBe('2');
    expect(formatUsd(2_000_000_000, 4)).toBe('2.0000');
  });
});
