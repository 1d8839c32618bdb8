// Row 6: reserve + settle over 3 budgets in memory, beside rate-limiter-flexible's single consumes.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { memoryLedger } from '@eden-cost/core';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { interleaved } from './measure.mjs';
import { row } from './report.mjs';

const UNITS = 50_000;
const LIMIT = 1e15;
const BUSY = 333;
const DAY = 86_400_000;
const ROUNDS = 19;
const THRESHOLDS = [0.5, 0.8, 1];

/** Calls in turn of so many tenants, each with three budgets. */
class Calls {
  #ledger = memoryLedger();
  #next = 0;
  #now = 0;
  #tenants;
  #windows = windowsOf(0);

  constructor(tenants) {
    this.#tenants = tenants;
  }

  /** Goes on with these tenants, of those that there were. */
  of(tenants) {
    this.#tenants = tenants;
    return this;
  }

  run(calls = UNITS, msPerCall = 1) {
    for (let i = 0; i < calls; i++) {
      const at = this.#now + msPerCall;
      this.#now = at;
      if (at >= this.#windows[0].endsAt) this.#windows = windowsOf(Math.floor(at / DAY));
      const id = `call-${this.#next}`;
      const tenant = (this.#next++ * 7919) % this.#tenants;
      const holds = this.#windows.map(({ name, endsAt }) => ({
        account: { key: `${name}:${tenant}`, endsAt },
        amount: 1_000_000,
        limit: LIMIT,
        enforce: true,
        thresholds: THRESHOLDS,
      }));
      this.#ledger.reserve({ id, at, ttlMs: 60_000, holds });
      this.#ledger.settle(id, 900_000, { rank: 'reported', at });
    }
    return calls;
  }
}

const windowsOf = (day) => [
  { name: `day-${day}`, endsAt: (day + 1) * DAY },
  { name: 'month', endsAt: undefined },
  { name: 'total', endsAt: undefined },
];

/** A ledger that has so many accounts, three for each tenant, of which a thousand are busy. */
function holding(accounts) {
  const calls = new Calls(Math.ceil(accounts / 3));
  calls.run(Math.ceil(accounts / 3));
  return calls.of(BUSY);
}

/** A ledger that has worked for so many days of 10,000 calls. */
function aged(days) {
  const calls = new Calls(BUSY);
  calls.run(days * 10_000, DAY / 10_000);
  return calls;
}

/** Each in its turn: what a garbage collector has to do for a million accounts is no matter of the other rows. */
export async function memoryLedgerRows() {
  return [await beside(), ...(await withManyAccounts()), await afterYears()];
}

async function beside() {
  const limiter = new RateLimiterMemory({ points: Number.MAX_SAFE_INTEGER, duration: 3600 });
  let next = 0;
  const consume = async () => {
    for (let i = 0; i < UNITS; i++) await limiter.consume(`tenant-${next++ % 1_000}`, 1);
    return UNITS;
  };
  const ledger = holding(1_000);
  const times = await interleaved({ pairs: async () => ledger.run(), consume }, ROUNDS);
  const speed = times.consume / times.pairs;
  return row('6a memory ledger: pairs/s over 3 budgets vs single consumes/s', speed, '>= 0.25', speed >= 0.25);
}

async function withManyAccounts() {
  const small = holding(1_000);
  const before = heapBytes();
  const large = holding(1_000_000);
  const bytes = (heapBytes() - before) / 1_000_000;
  const times = await interleaved({ small: async () => small.run(), large: async () => large.run() }, ROUNDS);
  const scale = times.small / times.large;
  return [
    row('6b memory ledger: pairs/s with 1,000,000 accounts (1,000 busy) vs 1,000', scale, '>= 0.5', scale >= 0.5),
    row('6b memory ledger: bytes of heap for each of 1,000,000 accounts', bytes, '<= 500', bytes <= 500),
  ];
}

function heapBytes() {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  return process.memoryUsage().heapUsed;
}

async function afterYears() {
  const young = aged(1);
  const old = aged(400);
  const times = await interleaved({ young: async () => young.run(), old: async () => old.run() }, ROUNDS);
  const age = times.young / times.old;
  return row('6c memory ledger: pairs/s after 400 days and 4,000,000 calls vs after one', age, '>= 0.8', age >= 0.8);
}
