import { nanosToExponent, nanosToText, picosToNanos, readUsd, usdToPicos } from './money.js';

describe('money', () => {
  it.each([
    ['0.0100', 10_000_000],
    ['1.2e-06', 1_200],
    ['0.03000000000000001', 30_000_000],
    ['0.0000000005', 1],
    ['0.00000000049', 0],
    ['+2', 2_000_000_000],
    ['.5', 500_000_000],
  ])('reads %s to the nano', (text, nanos) => expect(readUsd(text)).toBe(nanos));

  it.each(['NaN', '-1', 'abc', '', '.', '1e400', 'Infinity'])('reads no amount in %j', (text) =>
    expect(readUsd(text)).toBeUndefined(),
  );

  it('writes what it reads', () => {
    for (const nanos of [0, 1, 999, 1_200, 10_000_000, 123_456_789_012]) {
      expect(readUsd(nanosToText(nanos))).toBe(nanos);
      expect(readUsd(nanosToExponent(nanos))).toBe(nanos);
    }
  });

  it('writes exponents as Python does', () => expect(nanosToExponent(1_200)).toBe('1.2e-06'));

  it('pads to the places it is asked for', () => {
    expect(nanosToText(10_000_000, 4)).toBe('0.0100');
    expect(nanosToText(-5)).toBe('-0.000000005');
    expect(nanosToText(2_000_000_000)).toBe('2');
  });

  it('keeps prices that are fractions of a nano exact', () => {
    expect(picosToNanos(usdToPicos(8.33e-8) * 1000)).toBe(83_300);
  });
});
