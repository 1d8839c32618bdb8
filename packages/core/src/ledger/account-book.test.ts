import { AccountBook } from './account-book.js';

const HOUR = 3_600_000;

describe('AccountBook', () => {
  test('forgets accounts an hour after their window is found to have ended, as others come', () => {
    const book = new AccountBook();
    for (let index = 0; index < 1_000; index++) book.open({ key: `old-${index}`, endsAt: 1_000 }, 0);
    for (let index = 0; index < 600; index++) book.open({ key: `graced-${index}`, endsAt: 2_000 }, 1_001);
    expect(book.size).toBe(1_600);
    for (let index = 0; index < 1_500; index++) book.open({ key: `new-${index}`, endsAt: 9 * HOUR }, 1_002 + HOUR);
    expect(book.size).toBeLessThanOrEqual(2_100);
    expect(book.find({ key: 'old-0' })).toBeUndefined();
    expect(book.find({ key: 'graced-0' })).toBeDefined();
  });

  test.each([
    ['two days', 48 * HOUR],
    ['a year', 8_760 * HOUR],
  ])('keeps them through a clock that jumps ahead by %s, and comes back within the hour', (_jump, ahead) => {
    const book = new AccountBook();
    for (let index = 0; index < 100; index++) book.open({ key: `day-${index}`, endsAt: 24 * HOUR }, HOUR).settled = 7;
    const future = (minute: number) => HOUR + ahead + minute * 60_000;
    for (let minute = 0; minute < 60; minute++) {
      for (const which of 'abcd') book.open({ key: `future-${minute}${which}` }, future(minute));
    }
    for (let index = 0; index < 400; index++) book.open({ key: `back-${index}` }, 2 * HOUR);
    for (let index = 0; index < 100; index++) expect(book.find({ key: `day-${index}` })?.settled).toBe(7);
    for (let index = 0; index < 800; index++) book.open({ key: `later-${index}` }, 30 * HOUR);
    for (let index = 0; index < 800; index++) book.open({ key: `last-${index}` }, 31 * HOUR + 1);
    expect(book.find({ key: 'day-0' })).toBeUndefined();
  });

  test('holds those of a few windows at most, however many have been', () => {
    const book = new AccountBook();
    let most = 0;
    for (let hour = 0; hour < 500; hour++) {
      for (let index = 0; index < 60; index++) {
        book.open({ key: `${hour}-${index}`, endsAt: (hour + 1) * HOUR }, hour * HOUR + index * 60_000);
        most = Math.max(most, book.size);
      }
    }
    expect(most).toBeLessThan(240);
  });

  test('keeps those that hold something, and those whose window has no end', () => {
    const book = new AccountBook();
    book.open({ key: 'held', endsAt: 0 }, 0).reserved = 1;
    book.open({ key: 'total' }, 0).settled = 1;
    for (let index = 0; index < 100; index++) book.open({ key: `new-${index}`, endsAt: 0 }, (100 + index) * HOUR);
    expect(book.find({ key: 'held' })).toBeDefined();
    expect(book.find({ key: 'total' })).toBeDefined();
    expect(book.size).toBeLessThan(10);
  });

  test('keeps the accounts of a scope with the scope', () => {
    const book = new AccountBook();
    const owners = [{}, {}];
    const accounts = owners.map((owner) => book.open({ key: 'request', owner }, 0));
    expect(accounts[0]).not.toBe(accounts[1]);
    expect(owners.map((owner) => book.find({ key: 'request', owner }))).toEqual(accounts);
    expect(book.find({ key: 'request' })).toBeUndefined();
    expect(book.size).toBe(0);
  });

  test('remembers the latest 1,000 notes of an account', () => {
    const account = new AccountBook().open({ key: 'a' }, 0);
    const topUp = (id: number) => account.topUp({ id: String(id), at: 0, amount: 1, actor: 'ann', reason: 'test' });
    for (let id = 0; id < 1_500; id++) expect(topUp(id)).toBe(true);
    expect([topUp(1_499), topUp(501)]).toEqual([false, false]);
    expect(account.toppedUp).toBe(1_500);
  });
});
