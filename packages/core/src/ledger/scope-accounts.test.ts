import type { AccountRef, Hold, Ledger } from './ledger.js';
import { memoryLedger } from './memory-ledger.js';
import { withScopeAccounts } from './scope-accounts.js';

const NOW = 1_000;
const TTL = 60_000;
const EMPTY = { settled: 0, reserved: 0, toppedUp: 0 };

/** The ledger elsewhere is one in memory, that tells balances as one that can be lost does, and can be cut off. */
function setUp() {
  const there = memoryLedger();
  const scope = {};
  const own: AccountRef = { key: 'request', owner: scope };
  const day: AccountRef = { key: 'day' };
  const asked: unknown[] = [];
  const accountsOf = new Map<string, AccountRef[]>();
  let isDown = false;
  const elsewhere: Ledger = {
    name: 'elsewhere',
    shared: true,
    durable: true,
    async reserve(request) {
      asked.push(request);
      if (isDown) throw new Error('down');
      const result = there.reserve(request);
      const accounts = request.holds.map(({ account }) => account);
      accountsOf.set(request.id, accounts);
      return result.admitted ? { ...result, balances: there.balances(accounts, NOW), processes: 2 } : result;
    },
    async settle(id, amount, truth) {
      asked.push(id);
      if (isDown) throw new Error('down');
      return { ...there.settle(id, amount, truth), balances: there.balances(accountsOf.get(id) ?? [], NOW) };
    },
    async release(id, at) {
      asked.push(id);
      return there.release(id, at);
    },
    async extend(ids, ttlMs, at) {
      asked.push(ids);
      there.extend(ids, ttlMs, at);
    },
    async balances(accounts, at) {
      asked.push(accounts);
      return there.balances(accounts, at);
    },
    topUp: async (account, note) => there.topUp(account, note),
    restore: (remembered) => expect(remembered).toEqual([{ account: day, balance: EMPTY }]),
  };
  const ledger = withScopeAccounts(elsewhere);
  const hold = (account: AccountRef, amount: number, more: Partial<Hold> = {}): Hold => ({
    account,
    amount,
    limit: 100,
    enforce: true,
    thresholds: [1],
    ...more,
  });
  const reserve = async (id: string, holds: readonly Hold[], probe = false) =>
    ledger.reserve({ id, at: NOW, ttlMs: TTL, holds, ...(probe && { probe }) });
  const settle = async (id: string, amount: number, at = NOW) => ledger.settle(id, amount, { rank: 'reported', at });
  const balances = async (at = NOW) => ledger.balances([own, day], at);
  return {
    there,
    scope,
    own,
    day,
    asked,
    ledger,
    hold,
    reserve,
    settle,
    balances,
    cut: (down = true) => (isDown = down),
  };
}

describe('a reservation on an account of a scope and on one elsewhere', () => {
  test('is admitted on both, in terms of its own holds', async () => {
    const { own, day, hold, reserve, settle, balances } = setUp();
    const watched = { enforce: false, limit: 10 };
    const answer = await reserve('a', [hold(day, 20, watched), hold(own, 20, watched), hold(day, 1)]);
    expect(answer).toMatchObject({ admitted: true, processes: 2 });
    expect(answer.admitted && answer.exceeded.map(({ index }) => index)).toEqual([0, 1]);
    expect(answer.admitted && answer.balances?.map(({ reserved }) => reserved)).toEqual([21, 20, 21]);
    const settled = await settle('a', 50);
    expect(settled).toMatchObject({ applied: true, known: true, overruns: [40, 40, 0] });
    expect(settled.crossed.map(({ index }) => index)).toEqual([0, 1]);
    expect(await balances()).toEqual([
      { settled: 50, reserved: 0, toppedUp: 0 },
      { settled: 100, reserved: 0, toppedUp: 0 },
    ]);
  });

  test('is refused on both by either, and may be tried again under its id', async () => {
    const { there, own, day, hold, reserve, balances } = setUp();
    there.reserve({ id: 'flight', at: NOW, ttlMs: TTL, holds: [hold(day, 100)] });
    const holds = [hold(own, 60), hold(day, 60)];
    expect(await reserve('a', holds)).toMatchObject({ admitted: false, refusal: { index: 1, reason: 'held' } });
    expect(await balances()).toMatchObject([{ reserved: 0 }, { reserved: 100 }]);
    there.release('flight', NOW);
    expect(await reserve('a', holds)).toMatchObject({ admitted: true });
    expect(await reserve('a', holds)).toMatchObject({ admitted: true });
    expect(await balances()).toMatchObject([{ reserved: 60 }, { reserved: 60 }]);
    expect(await reserve('b', [hold(day, 1), hold(own, 60)])).toMatchObject({ refusal: { index: 1, reason: 'held' } });
    expect(await balances()).toMatchObject([{ reserved: 60 }, { reserved: 60 }]);
  });

  test('is spent rather than held, wherever that is', async () => {
    const { own, day, hold, reserve } = setUp();
    await reserve('flight', [hold(own, 100)]);
    const spent = await reserve('a', [hold(own, 1), hold(day, 101)]);
    expect(spent).toMatchObject({ admitted: false, refusal: { index: 1, reason: 'spent' } });
  });

  test('holds nothing here when the other ledger does not answer', async () => {
    const { own, day, hold, reserve, balances, cut } = setUp();
    cut();
    await expect(reserve('a', [hold(own, 60), hold(day, 60)])).rejects.toThrow('down');
    expect(await balances()).toEqual([EMPTY, EMPTY]);
  });

  test('a probe holds on neither, also under the id of a reservation', async () => {
    const { own, day, hold, reserve, settle, balances } = setUp();
    await reserve('a', [hold(own, 10), hold(day, 10)]);
    expect(await reserve('a', [hold(own, 90), hold(day, 91)], true)).toMatchObject({ refusal: { index: 1 } });
    expect(await balances()).toMatchObject([{ reserved: 10 }, { reserved: 10 }]);
    await settle('a', 7);
    expect(await balances()).toMatchObject([{ settled: 7 }, { settled: 7 }]);
  });

  test('is released and extended on both', async () => {
    const { own, day, ledger, hold, reserve, balances } = setUp();
    await reserve('a', [hold(own, 10), hold(day, 10)]);
    await reserve('b', [hold(own, 5), hold(day, 5)]);
    await ledger.extend(['a', 'b'], 2 * TTL, NOW);
    expect(await balances(NOW + TTL)).toMatchObject([{ reserved: 15 }, { reserved: 15 }]);
    expect(await ledger.release('a', NOW)).toBe(true);
    expect(await ledger.release('a', NOW)).toBe(false);
    expect(await balances(NOW + 2 * TTL)).toMatchObject([
      { settled: 5, reserved: 0 },
      { settled: 5, reserved: 0 },
    ]);
  });

  test('is forgotten in time, and settled elsewhere all the same', async () => {
    const { own, day, hold, reserve, settle, balances, ledger } = setUp();
    await reserve('a', [hold(own, 10), hold(day, 10)]);
    const later = NOW + 24 * 60 * TTL;
    const other = { key: 'request', owner: {} };
    for (const id of ['b', 'c']) ledger.reserve({ id, at: later, ttlMs: TTL, holds: [hold(other, 0)] });
    await settle('a', 30, later);
    expect(await balances(later)).toMatchObject([{ settled: 10 }, { settled: 30 }]);
  });
});

test('what names no account of a scope is asked of the other ledger alone, as it is', async () => {
  const { day, asked, hold, reserve } = setUp();
  const holds = [hold(day, 10)];
  await reserve('a', holds);
  expect(asked[0]).toHaveProperty('holds', holds);
  expect(asked).toHaveLength(1);
});

describe('a reservation on accounts of a scope alone', () => {
  test('is answered here at once, and nobody else is asked', () => {
    const { own, asked, ledger, hold } = setUp();
    const reserve = (id: string, amount: number, probe = false) =>
      ledger.reserve({ id, at: NOW, ttlMs: TTL, holds: [hold(own, 1), hold(own, amount)], probe });
    expect(reserve('a', 59)).toMatchObject({ admitted: true, balances: [{ reserved: 60 }, { reserved: 60 }] });
    expect(reserve('a', 59)).toMatchObject({ admitted: true });
    expect(reserve('b', 59)).toMatchObject({ admitted: false, refusal: { reason: 'held' } });
    expect(reserve('c', 39, true)).toMatchObject({ admitted: true });
    expect(reserve('d', 39)).toMatchObject({ admitted: true });
    expect(ledger.release('d', NOW)).toBe(true);
    expect(ledger.release('d', NOW)).toBe(false);
    expect(ledger.extend(['a'], TTL, NOW)).toBeUndefined();
    const settled = ledger.settle('a', 51, { rank: 'reported', at: NOW });
    expect(settled).toMatchObject({ applied: true, crossed: [{ index: 0 }], balances: [{ settled: 102 }, {}] });
    expect(ledger.settle('a', 51, { rank: 'reported', at: NOW })).toMatchObject({ applied: false, known: true });
    expect(ledger.balances([own], NOW)).toEqual([{ settled: 102, reserved: 0, toppedUp: 0 }]);
    expect(asked).toEqual([]);
  });

  test('is known elsewhere where nothing of it is enforced, so that another process can settle a job', async () => {
    const { there, own, hold, reserve } = setUp();
    await reserve('job', [hold(own, 10, { enforce: false })]);
    expect(there.settle('job', 5, { rank: 'reported', at: NOW })).toMatchObject({ known: true });
  });

  test('is not remembered for ever after its end: a hundred thousand others, and the other ledger is asked', async () => {
    const { own, asked, ledger, hold, settle } = setUp();
    const holds = [hold(own, 0)];
    for (let call = 0; call <= 100_000; call++) {
      ledger.reserve({ id: `c${call}`, at: NOW, ttlMs: TTL, holds });
      ledger.settle(`c${call}`, 0, { rank: 'reported', at: NOW });
    }
    expect(await settle('c100000', 0)).toMatchObject({ known: true });
    expect(asked).toEqual([]);
    expect(await settle('c0', 0)).toMatchObject({ known: false });
    expect(asked).toEqual(['c0']);
  });
});

test('whether the other ledger works is asked there, although no account is named', async () => {
  const { asked, ledger } = setUp();
  await ledger.balances([], NOW);
  await ledger.extend([], TTL, NOW);
  expect(asked).toEqual([[], []]);
});

test('a settle that the other ledger did not answer tells the balances when it is repeated', async () => {
  const { own, day, ledger, hold, reserve, settle, cut } = setUp();
  await reserve('a', [hold(own, 10), hold(day, 10)]);
  cut();
  await expect(settle('a', 5)).rejects.toThrow('down');
  cut(false);
  expect(await ledger.settle('a', 5, { rank: 'reported', at: NOW })).toMatchObject({
    balances: [{ settled: 5 }, { settled: 5 }],
  });
});

test('top-ups and what is remembered go where the account is', async () => {
  const { own, day, ledger, balances } = setUp();
  const note = { at: NOW, actor: 'ann', reason: 'test' };
  await ledger.topUp(own, { ...note, id: 'n1', amount: 1 });
  await ledger.topUp(day, { ...note, id: 'n2', amount: 2 });
  expect(await balances()).toMatchObject([{ toppedUp: 1 }, { toppedUp: 2 }]);
  await ledger.restore?.(
    [own, day].map((account) => ({ account, balance: EMPTY })),
    NOW,
  );
});
