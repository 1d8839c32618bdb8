// Row 6: reserve + settle over 3 budgets in memory, beside rate-limiter-flexible's single consumes.
import { memoryLedger } from '@eden-cost/core';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { interleaved } from './measure.mjs';
import { row } from './report.mjs';

const UNITS = 50_000;
const LIMIT = 1e15;
const BUSY = 333;

function pairs(ledger, tenants) {
  let next = 0;
  return () => {
    for (let i = 0; i < UNITS; i++) {
      const id = `call-${next}`;
      const tenant = (next++ * 7919) % tenants;
      const holds = ['day', 'month', 'total'].map((window) => ({
        account: { key: `${window}:${tenant}` },
        amount: 1_000_000,
        limit: LIMIT,
        enforce: true,
        thresholds: [0.5, 0.8, 1],
      }));
      ledger.reserve({ id, at: next, ttlMs: 60_000, holds });
      ledger.settle(id, 900_000, { rank: 'reported', at: next });
    }
    return UNITS;
  };
}

/** A ledger that holds so many accounts, three for each tenant, of which a thousand are busy. */
function holding(accounts) {
  const ledger = memoryLedger();
  const fill = pairs(ledger, Math.ceil(accounts / 3));
  for (let done = 0; done < accounts / 3; done += UNITS) fill();
  return pairs(ledger, BUSY);
}

export async function memoryLedgerRows() {
  const limiter = new RateLimiterMemory({ points: Number.MAX_SAFE_INTEGER, duration: 3600 });
  let next = 0;
  const times = await interleaved(
    {
      small: holding(1_000),
      large: holding(1_000_000),
      consume: async () => {
        for (let i = 0; i < UNITS; i++) await limiter.consume(`tenant-${next++ % 1_000}`, 1);
        return UNITS;
      },
    },
    9,
  );
  const speed = times.consume / times.small;
  const scale = times.small / times.large;
  return [
    row('6a memory ledger: pairs/s over 3 budgets vs single consumes/s', speed, '>= 0.25', speed >= 0.25),
    row('6b memory ledger: pairs/s with 1,000,000 accounts (1,000 busy) vs 1,000', scale, '>= 0.5', scale >= 0.5),
  ];
}
