// Row "estimates": what each way to estimate leaves unused, overspends and denies in vain, in a simulated day of calls.
import { memoryLedger } from '@eden-cost/core';
import { row } from './report.mjs';
import { makeCalls, seeded, USD } from './simulated-calls.mjs';
import { SimulatedClock } from './simulated-clock.mjs';

const TABLE = { chat: 0.01 * USD, embeddings: 0.001 * USD, images: 0.05 * USD, feature: 0.05 * USD };
const ENOUGH = 20;
const WINDOWS = 4;
const SEEDS = [1, 2, 3];
const DAY = 86_400_000;

const DAYS = [
  { name: '1 USD, 1.60 wanted, 5 at once', limit: USD, wanted: 1.6, atOnce: 5 },
  { name: '1 USD, 1.60 wanted, 50 at once', limit: USD, wanted: 1.6, atOnce: 50 },
  { name: '1 USD, 0.80 wanted, 50 at once', limit: USD, wanted: 0.8, atOnce: 50 },
  { name: '20 USD, 32 wanted, 50 at once', limit: 20 * USD, wanted: 1.6, atOnce: 50 },
];

const usual = (call, { limit }) => Math.min(TABLE[call.operation], Math.floor(limit / 4));
const learned = (of) => (call, known) => {
  const costs = known.costs(call);
  return costs.length < ENOUGH ? usual(call, known) : of(costs);
};
const mean = learned((costs) => Math.ceil(costs.reduce((sum, cost) => sum + cost, 0) / costs.length));
const p95 = learned((costs) => [...costs].sort((a, b) => a - b)[Math.ceil(costs.length * 0.95) - 1]);
const worst = (call, known, otherwise) => call.worstCase ?? otherwise(call, known);

/** Each says what a call holds. What it has no answer for comes from the table, as in the meter. */
const ESTIMATORS = {
  'nothing (check first, add later)': () => 1,
  table: usual,
  'mean of earlier calls': mean,
  'p95 of earlier calls': p95,
  'worst case, else table': (call, known) => worst(call, known, usual),
  'worst case, else p95': (call, known) => worst(call, known, p95),
  'the lower of worst case and p95, or table': (call, known) => Math.min(p95(call, known), worst(call, known, p95)),
  "the meter's: the lower of p95 and worst case": (call, known) =>
    known.costs(call).length < ENOUGH ? worst(call, known, usual) : Math.min(p95(call, known), worst(call, known, p95)),
  'estimateUsd: the mean of all calls': (_call, known) => known.meanOfAll,
  "the call's own: within a fifth": (call) => call.ownEstimate,
};

/** What has been learned of each kind of call: the latest 200 costs. */
class Known {
  #costs = new Map();

  constructor(limit, meanOfAll) {
    this.limit = limit;
    this.meanOfAll = meanOfAll;
  }

  costs({ kind }) {
    return this.#costs.get(kind) ?? [];
  }

  add({ kind, cost }) {
    this.#costs.set(kind, [...this.costs({ kind }).slice(-199), cost]);
  }
}

/** Runs the same calls through a ledger, holding what the estimator says; windows follow each other, what is learned stays. */
async function simulate(estimate, { limit, wanted, atOnce }, seed) {
  const clock = new SimulatedClock();
  const ledger = memoryLedger({ clock });
  const calls = makeCalls(seeded(seed), { worth: wanted * limit, windows: WINDOWS, atOnce, windowMs: DAY });
  const meanOfAll = Math.ceil(calls.reduce((sum, { cost }) => sum + cost, 0) / calls.length);
  const known = new Known(limit, meanOfAll);
  const inFlight = new Map();
  const totals = { unused: 0, overspent: 0, inVain: 0 };
  const accountOf = (window) => ({ key: `day-${window}`, endsAt: (window + 1) * DAY });

  const settle = (call) => {
    ledger.settle(call.id, call.cost, { rank: 'reported', at: clock.now() });
    inFlight.get(call.window).delete(call);
    known.add(call);
  };
  const denied = (call) => {
    const [{ settled }] = ledger.balances([accountOf(call.window)], clock.now());
    const coming = [...inFlight.get(call.window)].reduce((sum, { cost }) => sum + cost, 0);
    if (settled + coming + call.cost <= limit) totals.inVain += 1;
  };
  const start = async (call) => {
    const hold = {
      account: accountOf(call.window),
      amount: estimate(call, known),
      limit,
      enforce: true,
      thresholds: [],
    };
    const request = { id: call.id, at: clock.now(), ttlMs: 600_000, holds: [hold] };
    const { admitted } = await ledger.reserveOrWait(request, 1_000);
    if (!admitted) return denied(call);
    inFlight.get(call.window).add(call);
    clock.after(call.durationMs, () => settle(call));
  };

  for (let window = 0; window < WINDOWS; window++) {
    inFlight.set(window, new Set());
    clock.at((window + 1) * DAY - 1, () => {
      const [{ settled }] = ledger.balances([accountOf(window)], clock.now());
      totals.unused += Math.max(0, Math.min(1, wanted) * limit - settled) / limit / WINDOWS;
      totals.overspent += Math.max(0, settled - limit) / limit / WINDOWS;
    });
  }
  for (const call of calls) clock.at(call.at, () => start(call));
  await clock.run();
  ledger.close();
  return { ...totals, inVain: totals.inVain / calls.length };
}

async function average(runs) {
  const all = await Promise.all(runs);
  const of = (name) => all.reduce((sum, one) => sum + one[name], 0) / all.length;
  return { unused: of('unused'), overspent: of('overspent'), inVain: of('inVain') };
}

const percent = (share) => `${(100 * share).toFixed(2)} %`;

export async function estimateRows() {
  const rows = [];
  for (const day of DAYS) {
    for (const [name, estimate] of Object.entries(ESTIMATORS)) {
      const { unused, overspent, inVain } = await average(SEEDS.map((seed) => simulate(estimate, day, seed)));
      const shares = { unused: percent(unused), overspent: percent(overspent), 'denied in vain': percent(inVain) };
      const told = Object.entries(shares).map(([what, share]) => `${what} ${share}`);
      rows.push({ ...row(`estimates: ${day.name}: ${name} (${told.join(', ')})`, unused + overspent), ...shares });
    }
  }
  return rows;
}
