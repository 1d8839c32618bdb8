import { nearest } from './nearest.js';

const OPTIONS = [
  'name',
  'limitUsd',
  'fallbackUsd',
  'window',
  'timeZone',
  'by',
  'missing',
  'thresholds',
  'onLedgerError',
];

describe('nearest', () => {
  test.each([
    ['limitUSD', 'limitUsd'],
    ['limit', 'limitUsd'],
    ['limitUds', 'limitUsd'],
    ['windwo', 'window'],
    ['timezone', 'timeZone'],
    ['treshold', 'thresholds'],
    ['onLedgerFailure', 'onLedgerError'],
    ['fallback', 'fallbackUsd'],
    ['nmae', 'name'],
  ])('takes %s for %s', (name, meant) => {
    expect(nearest(name, OPTIONS)).toBe(meant);
  });

  test.each(['', 'x', 'colour', 'maxTokens', '__proto__'])('has nothing near %j', (name) => {
    expect(nearest(name, OPTIONS)).toBeUndefined();
  });

  test('takes a part of a longer name, when no name is near', () => {
    expect(nearest('tenant', ['images', 'tenant-daily-eu'])).toBe('tenant-daily-eu');
    expect(nearest('te', ['images', 'tenant-daily-eu'])).toBeUndefined();
  });

  test('takes the nearest of several', () => {
    expect(nearest('weak', ['week', 'wreak', 'day'])).toBe('week');
  });

  test('is quick with a very long name', () => {
    const started = performance.now();
    nearest('x'.repeat(1_000_000), OPTIONS);
    expect(performance.now() - started).toBeLessThan(500);
  });
});
