import { until } from './until.js';

test('what comes is waited for', async () => {
  let asked = 0;
  await until('it was asked three times', () => ++asked === 3);
  expect(asked).toBe(3);
});

test.each<[string, () => boolean | Promise<boolean>]>([
  ['does not come', () => false],
  ['nobody knows of', () => new Promise(() => {})],
])('what %s is given up, and named', async (_name, isSo) => {
  await expect(until('the cows come home', isSo, 30)).rejects.toThrow('Waited 30 ms in vain until the cows come home');
});

test('what cannot be asked fails at once', async () => {
  const asked = until('it is there', () => Promise.reject(new Error('Connection is closed')));
  await expect(asked).rejects.toThrow('Connection is closed');
});
