import { OwnChanges } from './own-changes.js';

const heardBy = (changes: OwnChanges, ...numbers: number[]) => numbers.map((number) => changes.heard(number));

test('each number is heard once, in whatever order', () => {
  const changes = new OwnChanges();
  expect(heardBy(changes, 1, 4, 2, 3, 5)).toEqual([true, true, true, true, true]);
  expect(changes.latest).toBe(5);
  expect(heardBy(changes, 5, 3, 1, 6)).toEqual([false, false, false, true]);
});

test('answers that were lost on their way are no loss of the server', () => {
  const changes = new OwnChanges();
  expect(heardBy(changes, 1_000_000, 1_000_002, 999_999, 1_000_001)).toEqual([true, true, true, true]);
});
