import { createMeter, findDenial } from '@eden-cost/core';
import { redisLedger } from '@eden-cost/redis';
import { Redis } from 'ioredis';

/** Makes calls of 0.01 USD, so many at a time, on one budget of 1 USD over all processes; prints how each was answered. */
const [edenUrl = '', path = '', calls = '', atOnce = ''] = process.argv.slice(2);
const client = new Redis({ path });
const ledger = redisLedger(client);
await ledger.start?.();
const meter = createMeter({
  baseUrls: [edenUrl],
  ledger,
  budgets: [{ name: 'all', limitUsd: 1, window: 'total', estimateUsd: 0.01, onLedgerError: 'refuse' }],
  rateCard: false,
  reservationTtlMs: 3_000,
});

const statuses: number[] = [];
const body = JSON.stringify({ model: 'openai/gpt-4o-mini', messages: [{ role: 'user', content: 'Hello' }] });
const headers = { 'content-type': 'application/json' };

/** Once more where a busy machine took longer to answer than a call waits for its ledger. */
async function call(): Promise<number> {
  const response = await fetch(`${edenUrl}/v3/chat/completions`, { method: 'POST', headers, body });
  await response.arrayBuffer();
  return findDenial(response)?.reason === 'ledger' ? call() : response.status;
}

let left = Number(calls);
async function work(): Promise<void> {
  while (left-- > 0) statuses.push(await call());
}
await Promise.all(Array.from({ length: Number(atOnce) }, work));
await meter.close({ timeoutMs: 5_000 });
await client.quit();
process.stdout.write(JSON.stringify(statuses));
