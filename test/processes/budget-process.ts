import { createMeter, type Ledger } from '@eden-cost/core';
import { redisLedger } from '@eden-cost/redis';
import { sqliteLedger } from '@eden-cost/sqlite';
import { Redis } from 'ioredis';

/** Where the balances are that the processes share. */
export type Store = { readonly redis: string; readonly prefix: string } | { readonly file: string };

/** Calls to make on a budget of 1 USD. Each holds 0.01 USD, or with `strict` what it can cost at most, which is 0.03 USD. */
export interface BudgetTask {
  readonly edenUrl: string;
  readonly store: Store;
  readonly calls: number;
  readonly atOnce: number;
  readonly strict?: boolean;
  readonly reservationTtlMs?: number;
}

/** What one process saw of its calls. */
export interface BudgetProcess {
  readonly paid: number;
  readonly spent: number;
  /** By its `overrun` events. */
  readonly overrun: number;
  /** By its snapshot. */
  readonly overrunNanos: number;
}

const { edenUrl, store, calls, atOnce, strict = false, ...options } = JSON.parse(process.argv[2] ?? '') as BudgetTask;
const deadlineMs = 20_000; // this machine may be slow
const client = 'redis' in store ? new Redis(store.redis) : undefined;
const ledger =
  'redis' in store
    ? redisLedger(client as Redis, { prefix: store.prefix, deadlineMs })
    : sqliteLedger(store.file, { deadlineMs });
await ledger.start?.();

/** Says the id of each reservation to whoever forked this process. */
const reserve = ledger.reserve.bind(ledger);
const told: Pick<Ledger, 'reserve'> = {
  async reserve(asked) {
    const result = await reserve(asked);
    if (result.admitted) process.send?.(asked.id);
    return result;
  },
};
const limit = { name: 'all', limitUsd: 1, window: 'total', onLedgerError: 'refuse' } as const;
const meter = createMeter({
  ...{ baseUrls: [edenUrl], ledger: Object.assign(ledger, told), logger: false, ...options },
  budgets: [strict ? { ...limit, strict } : { ...limit, estimateUsd: 0.01 }],
  rateCard: strict ? { 'openai/gpt-4o-mini': { inputUsdPerToken: 1e-9, outputUsdPerToken: 1e-4 } } : false,
});
const spentDenials = new Set<string>();
let overrun = 0;
meter.on('denied', ({ id, reason }) => reason === 'spent' && spentDenials.add(id));
meter.on('overrun', ({ amount }) => {
  overrun += amount;
});

const request = {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({
    model: 'openai/gpt-4o-mini',
    messages: [{ role: 'user', content: 'Hello' }],
    max_tokens: 300,
  }),
};
let paid = 0;
let spent = 0;

const endsAt = Date.now() + 45_000; // whoever started this process waits for no longer

/** One that finds only calls in flight in its way is made again. */
async function call(): Promise<void> {
  if (Date.now() > endsAt) throw new Error('Waited in vain until a call was admitted, or the budget was spent');
  const answer = await fetch(`${edenUrl}/v3/chat/completions`, request);
  await answer.arrayBuffer();
  if (answer.ok) paid += 1;
  else if (spentDenials.has(answer.headers.get('x-eden-cost-denial') ?? '')) spent += 1;
  else await call();
}

let left = calls;
async function lane(): Promise<void> {
  while (left-- > 0) await call();
}
await Promise.all(Array.from({ length: atOnce }, lane));
await meter.close({ timeoutMs: 30_000 });
client?.disconnect();
const { overrunNanos } = meter.snapshot();
process.stdout.write(JSON.stringify({ paid, spent, overrun, overrunNanos } satisfies BudgetProcess));
if (process.connected) process.disconnect();
