import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Ledger } from '@eden-cost/core';
import type { BudgetProcess, BudgetTask, Store } from '../processes/budget-process.js';
import { runNode } from '../support/run-node.js';
import { useStandIn } from '../support/stand-in.js';
import { typescript } from '../support/typescript.js';
import { until } from '../support/until.js';

const ALL = { key: 'all:total' };
const CENT = 10_000_000;
const LIMIT = 100 * CENT;
const CHAT = { path: '/chat/completions' };

/** Balances that several processes can share, new for each test. */
export interface SharedStore {
  readonly store: Store;
  /** A ledger on them in this process, with more time to answer than a call would give it. */
  open(): Ledger;
}

const program = join(__dirname, '../processes/budget-process.ts');
const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);

/** What a ledger must keep to that several processes share, each of them a meter with calls of its own. */
export function sharedBudgetContract(shared: SharedStore): void {
  const standIn = useStandIn();
  const taskOf = (task: Pick<BudgetTask, 'calls' | 'atOnce'> & Partial<BudgetTask>) =>
    JSON.stringify({ edenUrl: standIn.eden.url, store: shared.store, ...task } satisfies BudgetTask);

  async function run(processes: number, task: Parameters<typeof taskOf>[0]): Promise<BudgetProcess[]> {
    const args = [...typescript, program, taskOf(task)];
    const ran = await Promise.all(Array.from({ length: processes }, () => runNode(args)));
    expect(ran.map(({ code, stderr }) => ({ code, stderr }))).toEqual(ran.map(() => ({ code: 0, stderr: '' })));
    return ran.map(({ stdout }) => JSON.parse(stdout) as BudgetProcess);
  }

  const balanceOf = async (ledger: Ledger) => (await ledger.balances([ALL], Date.now()))[0];

  /** Asks for so much more than there is. */
  const reserve = (ledger: Ledger, amount: number) => {
    const hold = { account: ALL, amount, limit: LIMIT, enforce: true, thresholds: [] };
    return ledger.reserve({ id: `more-${amount}`, at: Date.now(), ttlMs: 60_000, holds: [hold] });
  };

  test('of 4 processes × 200 calls of 0.01 USD on one budget of 1 USD, exactly 100 reach Eden AI', async () => {
    standIn.eden.script({ match: CHAT, costUsd: 0.01, times: Number.POSITIVE_INFINITY });
    const seen = await run(4, { calls: 200, atOnce: 20 });
    expect(sum(seen.map(({ paid }) => paid))).toBe(100);
    expect(sum(seen.map(({ spent }) => spent))).toBe(700);
    expect(sum(seen.map(({ overrun }) => overrun))).toBe(0);
    expect(standIn.eden.books().charges).toHaveLength(100);
    expect(await balanceOf(shared.open())).toEqual({ settled: LIMIT, reserved: 0, toppedUp: 0 });
  }, 60_000);

  /** The calls cost 0.03, 0.06 and 0.09 USD in turn: whatever their order, the one that reaches the limit goes beyond it. */
  const scriptCosts = (costs: readonly number[]) =>
    standIn.eden.script(
      Array.from({ length: 150 }, (_, call) => ({ match: CHAT, costUsd: costs[call % costs.length] as number })),
    );

  test('what is overspent, as calls cost more than they hold, is what the processes report as overrun', async () => {
    scriptCosts([0.03, 0.06, 0.09]);
    const seen = await run(2, { calls: 80, atOnce: 10 });
    const { totalNanos } = standIn.eden.books();
    expect(await balanceOf(shared.open())).toEqual({ settled: totalNanos, reserved: 0, toppedUp: 0 });
    expect(totalNanos).toBeGreaterThan(LIMIT);
    expect(sum(seen.map(({ overrun }) => overrun))).toBe(totalNanos - LIMIT);
    expect(sum(seen.map(({ overrunNanos }) => overrunNanos))).toBe(totalNanos - LIMIT);
  }, 60_000);

  test('a strict budget is not overspent, whatever the calls cost', async () => {
    scriptCosts([0.03, 0.01, 0.02]);
    const seen = await run(2, { calls: 80, atOnce: 10, strict: true });
    const { totalNanos } = standIn.eden.books();
    expect(await balanceOf(shared.open())).toEqual({ settled: totalNanos, reserved: 0, toppedUp: 0 });
    expect(totalNanos).toBeLessThanOrEqual(LIMIT);
    expect(totalNanos).toBeGreaterThan(LIMIT - 4 * CENT);
    expect(seen.map(({ overrun, overrunNanos }) => [overrun, overrunNanos])).toEqual([
      [0, 0],
      [0, 0],
    ]);
  }, 60_000);

  test('what a killed process had in flight is charged when it expires, nobody spends it again, a late settle corrects it', async () => {
    const never = new Promise(() => {});
    standIn.eden.script([
      { match: CHAT, hold: never, times: 50 },
      { match: CHAT, costUsd: 0.01, times: Number.POSITIVE_INFINITY },
    ]);
    const task = taskOf({ calls: 50, atOnce: 50, reservationTtlMs: 2_000 });
    const child = fork(program, [task], { execArgv: [...typescript] });
    const ended = once(child, 'exit');
    const ids: string[] = [];
    child.on('message', (id: string) => ids.push(id));
    try {
      const isInFlight = () => ids.length === 50 && standIn.eden.books().requests === 50;
      await until('the process has 50 calls in flight', isInFlight, 30_000);
    } finally {
      child.kill('SIGKILL');
      await ended;
    }

    const ledger = shared.open();
    const { settled = 0, reserved = 0 } = (await balanceOf(ledger)) ?? {};
    expect(settled + reserved).toBe(50 * CENT);
    expect(await reserve(ledger, 50 * CENT + 1)).toMatchObject({ admitted: false });
    await until('what it held has expired', async () => (await balanceOf(ledger))?.reserved === 0);
    expect(await balanceOf(ledger)).toEqual({ settled: 50 * CENT, reserved: 0, toppedUp: 0 });
    expect(await reserve(ledger, 50 * CENT + 2)).toMatchObject({ admitted: false, refusal: { reason: 'spent' } });

    expect(await run(1, { calls: 60, atOnce: 10 })).toMatchObject([{ paid: 50, spent: 10 }]);
    expect(await balanceOf(ledger)).toEqual({ settled: LIMIT, reserved: 0, toppedUp: 0 });

    const late = await Promise.all(ids.map((id) => ledger.settle(id, 0, { rank: 'reported', at: Date.now() })));
    expect(late.filter(({ applied, previous }) => applied && previous === CENT)).toHaveLength(50);
    expect(await balanceOf(ledger)).toEqual({ settled: 50 * CENT, reserved: 0, toppedUp: 0 });
    expect(await reserve(ledger, 50 * CENT)).toMatchObject({ admitted: true });
  }, 60_000);
}
