import fc from 'fast-check';
import { formatUsd } from '../money.js';
import { laterCost, readCost, sumCosts } from './cost.js';

const MAX = 1_000_000_000_000;
const amount = (raw: string, nanos: number) => ({ kind: 'amount', raw, nanos });

describe('readCost', () => {
  it.each([
    ['0.0123', '0.0123', 12_300_000],
    ['"0.0100"', '0.0100', 10_000_000],
    ['1.2e-06', '1.2e-06', 1_200],
    ['0.03000000000000001', '0.03000000000000001', 30_000_000],
    ['0', '0', 0],
    ['"0"', '0', 0],
    ['-0', '-0', 0],
    ['"+00.5"', '+00.5', 500_000_000],
    [' 0.00015 ', '0.00015', 150_000],
    ['5e-10', '5e-10', 1],
    ['1e-2000', '1e-2000', 0],
    ['1000', '1000', MAX],
  ])('reads %s', (text, raw, nanos) => {
    expect(readCost(text, MAX)).toEqual(amount(raw, nanos));
  });

  it.each([undefined, '', '  ', 'null'])('%j is missing', (text) => {
    expect(readCost(text, MAX)).toEqual({ kind: 'missing' });
  });

  it.each([
    ['NaN', 'NaN', 'not-a-number'],
    ['"abc"', 'abc', 'not-a-number'],
    ['""', '', 'not-a-number'],
    ['true', 'true', 'not-a-number'],
    ['{"usd":1}', '{"usd":1}', 'not-a-number'],
    ['[1]', '[1]', 'not-a-number'],
    ['0x10', '0x10', 'not-a-number'],
    ['Infinity', 'Infinity', 'not-a-number'],
    ['-1', '-1', 'negative'],
    ['"-0.01"', '-0.01', 'negative'],
    ['1000.000000001', '1000.000000001', 'above-maximum'],
    ['1e300', '1e300', 'above-maximum'],
    ['1e2000', '1e2000', 'above-maximum'],
  ])('%s is invalid', (text, raw, why) => {
    expect(readCost(text, MAX)).toEqual({ kind: 'invalid', raw, why });
  });

  it('keeps at most 64 characters of the raw text', () => {
    expect(readCost(`"${'x'.repeat(1000)}"`, MAX)).toMatchObject({ raw: 'x'.repeat(64) });
    expect(readCost(`0.${'1'.repeat(1000)}`, MAX)).toMatchObject({ nanos: 111_111_111, raw: `0.${'1'.repeat(62)}` });
  });

  it('gives back every amount exactly, as number and as text', () => {
    fc.assert(
      fc.property(fc.nat(MAX), (nanos) => {
        const usd = formatUsd(nanos);
        expect(readCost(usd, MAX)).toMatchObject({ nanos });
        expect(readCost(JSON.stringify(usd), MAX)).toMatchObject({ nanos });
        expect(readCost(JSON.stringify(Number(usd)), MAX)).toMatchObject({ nanos });
      }),
    );
  });
});

describe('sumCosts and laterCost', () => {
  const missing = readCost(undefined, MAX);
  const invalid = readCost('NaN', MAX);
  const one = readCost('0.002', MAX);
  const two = readCost('0.001', MAX);

  it('adds amounts', () => {
    expect(sumCosts([one, missing, two], MAX)).toEqual(amount('0.002+0.001', 3_000_000));
    expect(sumCosts([missing], MAX)).toEqual(missing);
    expect(sumCosts([one, invalid], MAX)).toEqual(invalid);
    expect(sumCosts([one, two], 2_500_000)).toMatchObject({ why: 'above-maximum' });
  });

  it('takes the later unless it says less', () => {
    expect(laterCost(one, two)).toBe(two);
    expect(laterCost(one, missing)).toBe(one);
    expect(laterCost(one, invalid)).toBe(one);
    expect(laterCost(missing, invalid)).toBe(invalid);
  });
});
