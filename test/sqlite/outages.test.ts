import { rmSync } from 'node:fs';
import type { Budget, Ledger } from '@eden-cost/core';
import { refusedSettlementContract } from '../contract/refused-settlement-contract.js';
import { chats } from '../support/chats.js';
import { many } from '../support/lists.js';
import { hear, nextEvent, useMeteredEden } from '../support/meter.js';
import { until } from '../support/until.js';
import { useFile } from './kit.js';

const BUDGET: Budget = { name: 'all', limitUsd: 1, window: 'total', estimateUsd: 0.01 };
const ALL = { key: 'all:total' };
const SPENDING = { reply: { costUsd: 0.01 } }; // as much as it holds

const file = useFile();
const metered = useMeteredEden();
const { ask, heldCall } = chats(metered);

const setup = (budget: Partial<Budget> = {}) => {
  const ledger = file.open({ deadlineMs: 1_500, processes: 1, busyTimeoutMs: 100 });
  return metered.meter({ budgets: [{ ...BUDGET, ...budget }], ledger, rateCard: false, waitMs: 0 });
};
const balanceOf = async (ledger: Ledger) => (await ledger.balances([ALL], file.clock.now()))[0];

async function expectBooksToAgree(isBooked: () => boolean): Promise<void> {
  const observer = file.open();
  const isDone = async () => isBooked() && (await balanceOf(observer))?.reserved === 0;
  await until('all is booked', isDone);
  expect(await balanceOf(observer)).toEqual({ settled: metered.eden.books().totalNanos, reserved: 0, toppedUp: 0 });
}

describe('a meter whose file fails', () => {
  test('goes on within the share of this process while somebody else holds it, and books all once afterwards', async () => {
    const meter = setup();
    const told = hear(meter);
    await Promise.all(many(5, () => ask(SPENDING)));
    const letGo = heldCall({ costUsd: 0.01 });
    const inFlight = ask();
    await metered.eden.received(6);
    const other = file.connect();
    other.exec('BEGIN EXCLUSIVE');
    const statuses = await Promise.all(many(30, () => ask(SPENDING)));
    expect(statuses.filter((status) => status === 200)).toHaveLength(10); // a tenth of the limit
    letGo();
    expect(await inFlight).toBe(200);
    expect(told.ledger).toMatchObject([{ state: 'down' }]);
    const isUp = nextEvent(meter, 'ledger', ({ state }) => state === 'up');
    other.exec('COMMIT');
    await isUp;
    expect(await ask(SPENDING)).toBe(200);
    await expectBooksToAgree(() => meter.snapshot().keptForLedger === 0);
    expect(metered.eden.books().totalNanos).toBe(170_000_000);
  });

  test('gives back what was last seen to a file that was deleted', async () => {
    const meter = setup();
    const told = hear(meter);
    await Promise.all(many(5, () => ask(SPENDING)));
    await expectBooksToAgree(() => true);
    for (const companion of ['', '-wal', '-shm']) rmSync(`${file.path}${companion}`, { force: true });
    const isUp = nextEvent(meter, 'ledger', ({ state }) => state === 'up');
    expect(await ask(SPENDING)).toBe(200);
    await isUp;
    expect(told.ledger.map(({ state }) => state)).toContain('lost');
    await expectBooksToAgree(() => meter.snapshot().keptForLedger === 0);
    expect(metered.eden.books().totalNanos).toBe(60_000_000);
  });

  /** What the column held, for each id. */
  const holds = new Map<string, string>();
  refusedSettlementContract(metered, {
    open: () => file.open({ processes: 1 }),
    spoil: async () => {
      const database = file.connect();
      const { id, text } = database.prepare('SELECT id, holds AS text FROM reservation').get() as Record<
        string,
        string
      >;
      holds.set(id as string, text as string);
      database.exec(`UPDATE reservation SET holds = '[{"account' WHERE id = '${id}'`);
    },
    mend: async () => {
      for (const [id, text] of holds)
        file.connect().exec(`UPDATE reservation SET holds = '${text}' WHERE id = '${id}'`);
      holds.clear();
    },
  });
});
