import { createMeter } from '@eden-cost/core';
import { sqliteLedger } from '@eden-cost/sqlite';

/** What one process saw of its calls. */
export interface SharedBudgetProcess {
  readonly paid: number;
  readonly spent: number;
}

const CALLS = 200;
const AT_ONCE = 20;

const [edenUrl = '', path = ''] = process.argv.slice(2);
const ledger = sqliteLedger(path);
const meter = createMeter({
  baseUrls: [edenUrl],
  ledger,
  budgets: [{ name: 'all', limitUsd: 1, window: 'total', estimateUsd: 0.01, onLedgerError: 'refuse' }],
  rateCard: false,
  logger: false,
});
const spentDenials = new Set<string>();
meter.on('denied', ({ id, reason }) => reason === 'spent' && spentDenials.add(id));

const request = {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ model: 'openai/gpt-4o', messages: [{ role: 'user', content: 'Hello' }] }),
};
let paid = 0;
let spent = 0;

/** One that finds only calls in flight in its way, or a machine too slow to answer in time, is made again. */
async function call(): Promise<void> {
  const answer = await fetch(`${edenUrl}/v3/chat/completions`, request);
  await answer.arrayBuffer();
  if (answer.ok) paid += 1;
  else if (spentDenials.has(answer.headers.get('x-eden-cost-denial') ?? '')) spent += 1;
  else await call();
}

await ledger.start?.();
let left = CALLS;
async function lane(): Promise<void> {
  while (left-- > 0) await call();
}
await Promise.all(Array.from({ length: AT_ONCE }, lane));
await meter.close({ timeoutMs: 30_000 });
process.stdout.write(JSON.stringify({ paid, spent } satisfies SharedBudgetProcess));
