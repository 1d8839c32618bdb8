import { createMeter, type Ledger } from '@eden-cost/core';
import { sqliteLedger } from '@eden-cost/sqlite';

/** Makes 50 calls at once, tells the ids of their reservations, and waits for answers that do not come. */
const [edenUrl = '', path = ''] = process.argv.slice(2);
const ledger = sqliteLedger(path, { deadlineMs: 20_000 });
await ledger.start?.();
const told: Ledger = Object.assign(Object.create(ledger) as Ledger, {
  reserve: async (...asked: Parameters<Ledger['reserve']>) => {
    const result = await ledger.reserve(...asked);
    if (result.admitted) process.send?.(asked[0].id);
    return result;
  },
});
createMeter({
  baseUrls: [edenUrl],
  ledger: told,
  budgets: [{ name: 'all', limitUsd: 1, window: 'total', estimateUsd: 0.01, onLedgerError: 'refuse' }],
  rateCard: false,
  logger: false,
});
const body = JSON.stringify({ model: 'openai/gpt-4o', messages: [{ role: 'user', content: 'Hello' }] });
const request = { method: 'POST', headers: { 'content-type': 'application/json' }, body };

/** One that this machine is too slow to answer in time is made again. */
async function call(): Promise<void> {
  const { ok } = await fetch(`${edenUrl}/v3/chat/completions`, request);
  if (!ok) await call();
}
await Promise.all(Array.from({ length: 50 }, call));
