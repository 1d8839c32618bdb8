import { renameSync, rmSync } from 'node:fs';
import { type Ledger, LedgerLostError } from '@eden-cost/core';
import { hold, MINUTE, useFile, X } from './kit.js';

const DAY = 24 * 60 * MINUTE;

const file = useFile();

const remove = (path: string) => {
  for (const end of ['', '-wal', '-shm']) rmSync(path + end, { force: true });
};

/** As of now; it can be put in the place of the file later. */
function copyOf(path: string): string {
  const copy = `${path}-copy`;
  file.connect().exec(`VACUUM INTO '${copy}'`);
  return copy;
}

function putBack(copy: string): void {
  remove(file.path);
  renameSync(copy, file.path);
}

describe('another ledger on the same file, later,', () => {
  test('has the balances, and what it takes to correct them', async () => {
    const first = file.open();
    await file.reserve(first, 'settled', 10);
    await first.settle('settled', 12, { rank: 'estimated', at: file.clock.now() });
    await file.reserve(first, 'open', 20);
    await first.close?.();

    const second = file.open();
    expect(await file.balance(second)).toEqual({ settled: 12, reserved: 20, toppedUp: 0 });
    expect(await file.settle(second, 'settled', 9)).toMatchObject({ applied: true, previous: 12 });
    expect(await file.settle(second, 'open', 1)).toMatchObject({ applied: true, known: true });
    expect(await file.balance(second)).toEqual({ settled: 10, reserved: 0, toppedUp: 0 });
  });

  test('tells no threshold that was told before', async () => {
    const first = file.open();
    await file.reserve(first, 'a', 100);
    expect((await file.settle(first, 'a', 100)).crossed).toHaveLength(1);
    await first.close?.();
    const second = file.open();
    expect(await file.reserve(second, 'b', 1)).toMatchObject({ admitted: false, crossed: [] });
  });

  test('has the limit that a hold had, also none', async () => {
    const first = file.open();
    const holds = [hold(5, Number.POSITIVE_INFINITY), hold(5, 10, { key: 'y', endsAt: file.clock.now() + DAY })];
    await first.reserve({ id: 'a', at: file.clock.now(), ttlMs: MINUTE, holds });
    await first.close?.();
    expect(await file.settle(file.open(), 'a', 50)).toMatchObject({ overruns: [0, 40] });
  });
});

test('who topped up an account, when and why, stands in the file', async () => {
  const ledger = file.open();
  const at = file.clock.now();
  await ledger.topUp(X, { id: 'n1', at, amount: 50, actor: 'ann@example.com', reason: 'upgraded to Pro' });
  const row = file.connect().prepare('SELECT account, at, amount, actor, reason FROM top_up').get();
  expect(row).toMatchObject({ account: 'x', at, amount: 50, actor: 'ann@example.com', reason: 'upgraded to Pro' });
});

test('what is old is deleted, a little with each transaction', async () => {
  const ledger = file.open();
  const count = (table: string) => file.connect().prepare(`SELECT count(*) AS rows FROM ${table}`).get()?.rows;
  const endsAt = file.clock.now() + MINUTE;
  const call = async (id: string, key: string, ends: number) => {
    const holds = [hold(1, 100, { key, endsAt: ends })];
    await ledger.reserve({ id, at: file.clock.now(), ttlMs: MINUTE, holds });
    await file.settle(ledger, id, 1);
  };
  await Promise.all(Array.from({ length: 60 }, (_, index) => call(`old-${index}`, `day-${index}`, endsAt)));
  expect([count('account'), count('reservation')]).toEqual([60, 60]);
  file.clock.advance(36 * DAY);
  await call('new', 'today', file.clock.now() + DAY);
  expect(count('reservation')).toBeGreaterThan(1);
  for (let turn = 0; turn < 10; turn++) await ledger.balances([], file.clock.now());
  expect([count('account'), count('reservation')]).toEqual([1, 1]);
});

describe('a file that is deleted while the ledger works', () => {
  const remembered = [{ account: X, balance: { settled: 60, reserved: 10, toppedUp: 5 } }];

  test('is told as lost, and no request works until it is restored', async () => {
    const ledger = file.open();
    await file.reserve(ledger, 'a', 60);
    await file.settle(ledger, 'a', 60);
    remove(file.path);
    await expect(file.reserve(ledger, 'b', 60)).rejects.toBeInstanceOf(LedgerLostError);
    await expect(file.balance(ledger)).rejects.toMatchObject({ code: 'ERR_COST_LEDGER_LOST' });

    const waiting = file.reserve(ledger, 'b', 60);
    await ledger.restore?.(remembered, file.clock.now());
    await waiting.catch(() => {});
    expect(await file.balance(ledger)).toMatchObject({ settled: 60, toppedUp: 5 });
    expect(await file.reserve(ledger, 'c', 60)).toMatchObject({ admitted: false, refusal: { reason: 'spent' } });
  });

  test('restoring it again, also by another process that saw less, changes nothing', async () => {
    const ledgers = [file.open(), file.open()];
    for (const ledger of ledgers) await file.balance(ledger);
    remove(file.path);
    for (const ledger of ledgers) await expect(file.balance(ledger)).rejects.toBeInstanceOf(LedgerLostError);
    await ledgers[0]?.restore?.(remembered, file.clock.now());
    const less = [{ account: X, balance: { settled: 1, reserved: 0, toppedUp: 0 } }];
    await ledgers[1]?.restore?.(less, file.clock.now());
    for (const ledger of ledgers) {
      expect(await file.balance(ledger)).toEqual({ settled: 60, reserved: 0, toppedUp: 5 });
    }
  });

  test('what is spent while one process after another restores it, is booked, also when a copy is put back', async () => {
    const [first, second] = [file.open(), file.open()];
    const seen = (settled: number) => [{ account: X, balance: { settled, reserved: 0, toppedUp: settled } }];
    const spend = async (id: string, amount: number) => {
      await first.reserve({ id, at: file.clock.now(), ttlMs: MINUTE, holds: [hold(amount, 1_000)] });
      await file.settle(first, id, amount);
    };
    const restore = async (ledger: Ledger, settled: number) => {
      await expect(file.balance(ledger)).rejects.toBeInstanceOf(LedgerLostError);
      await ledger.restore?.(seen(settled), file.clock.now());
    };
    for (const ledger of [first, second]) await file.balance(ledger);
    remove(file.path);
    await restore(first, 2);
    await spend('between', 8);
    await restore(second, 11);
    expect(await file.balance(first)).toEqual({ settled: 19, reserved: 0, toppedUp: 11 });

    const copy = copyOf(file.path);
    await spend('after the copy', 5);
    putBack(copy);
    await restore(second, 24);
    await restore(first, 24);
    expect(await file.balance(first)).toMatchObject({ settled: 24 });
  });

  test('what was finished since an older copy is neither held nor charged again', async () => {
    const ledger = file.open();
    for (const id of ['open', 'settled', 'released']) await file.reserve(ledger, id, 10);
    const copy = copyOf(file.path);
    const truth = { rank: 'estimated', at: file.clock.now() } as const;
    await ledger.settle('settled', 7, truth);
    await ledger.release('released', file.clock.now());
    putBack(copy);
    await expect(file.balance(ledger)).rejects.toBeInstanceOf(LedgerLostError);
    const finished = [
      { id: 'settled', amount: 7, truth },
      { id: 'released', amount: 0, truth: { rank: 'expired', at: 0 } as const },
    ];
    const seen = [{ account: X, balance: { settled: 7, reserved: 0, toppedUp: 0 } }];
    await ledger.restore?.(seen, file.clock.now(), finished);
    expect(await file.balance(ledger)).toEqual({ settled: 7, reserved: 10, toppedUp: 0 });
    expect(await ledger.settle('settled', 7, truth)).toMatchObject({ applied: false, known: true, previous: 7 });
    expect(await file.settle(ledger, 'settled', 9)).toMatchObject({ applied: true, previous: 7 });
    file.clock.advance(2 * MINUTE);
    expect(await file.balance(ledger)).toEqual({ settled: 19, reserved: 0, toppedUp: 0 });
  });

  test('what another process has finished is not held again by the one that reserved it', async () => {
    const [starter, worker] = [file.open(), file.open()];
    const job = () => file.reserve(starter, 'job', 10, DAY);
    await job();
    const truth = { rank: 'reported', at: file.clock.now() } as const;
    await worker.settle('job', 7, truth);
    remove(file.path);
    await expect(file.balance(worker)).rejects.toBeInstanceOf(LedgerLostError);
    const seen = [{ account: X, balance: { settled: 7, reserved: 0, toppedUp: 0 } }];
    await worker.restore?.(seen, file.clock.now(), [{ id: 'job', amount: 7, truth }]);
    file.clock.advance(60 * MINUTE);
    await expect(job()).rejects.toBeInstanceOf(LedgerLostError);
    await starter.restore?.([], file.clock.now());
    for (let turn = 0; turn < 3; turn++) await file.balance(worker);
    expect(await job()).toMatchObject({ admitted: true, exceeded: [] });
    expect(await starter.settle('job', 7, truth)).toMatchObject({ applied: false, known: true, previous: 7 });
    expect(await file.balance(starter)).toEqual({ settled: 7, reserved: 0, toppedUp: 0 });
  });
});
