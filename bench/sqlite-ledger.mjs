// Row 6s: the ledger in a file, 100 calls in flight over 4 budgets, and how long its app's event loop stood still meanwhile.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { sqliteLedger } from '@eden-cost/sqlite';
import { row } from './report.mjs';

const IN_FLIGHT = 100;
const CALLS = 4_000;
const LIMIT = 1e15;

const holdsOf = (call) =>
  ['user', 'team', 'org', 'all'].map((budget, level) => ({
    account: { key: `${budget}:${call % [100, 10, 3, 1][level]}` },
    amount: 1_000_000,
    limit: LIMIT,
    enforce: true,
    thresholds: [0.5, 0.8, 1],
  }));

/** One after the other in each of 100 lanes. */
async function pairs(ledger, calls) {
  let next = 0;
  const lane = async () => {
    while (next < calls) {
      const call = next++;
      const id = `call-${call}`;
      await ledger.reserve({ id, at: Date.now(), ttlMs: 60_000, holds: holdsOf(call) });
      await ledger.settle(id, 900_000, { rank: 'reported', at: Date.now() });
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
}

async function measure(folder, durability) {
  const ledger = sqliteLedger(join(folder, `${durability}.db`), { durability, deadlineMs: 60_000 });
  await ledger.start();
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const started = performance.now();
  await pairs(ledger, CALLS);
  const seconds = (performance.now() - started) / 1_000;
  delay.disable();
  await ledger.close();
  return { perSecond: CALLS / seconds, stallMs: delay.max / 1e6, p99Ms: delay.percentile(99) / 1e6 };
}

export async function sqliteLedgerRows() {
  const folder = mkdtempSync(join(tmpdir(), 'eden-cost-bench-'));
  try {
    const crash = await measure(folder, 'crash');
    const power = await measure(folder, 'power-loss');
    return [
      row('6s SQLite ledger: pairs/s over 4 budgets, 100 in flight', crash.perSecond),
      row("6s SQLite ledger: the same with durability 'power-loss'", power.perSecond),
      row("6s SQLite ledger: the event loop's delay under it, 99th percentile, ms", crash.p99Ms),
      row("6s SQLite ledger: the event loop's longest delay under it, ms", crash.stallMs),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
