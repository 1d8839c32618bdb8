import { createMeter } from '@eden-cost/core';
import { ledgerAt } from './ledger-over-http.js';

/** What a process is asked to do, and says when it is done. */
export type Command = { readonly calls: number } | { readonly close: true };
export type Done = { readonly admitted: number; readonly localCalls: number; readonly unsettled: number };

const [edenUrl = '', ledgerUrl = ''] = process.argv.slice(2);
const meter = createMeter({
  baseUrls: [edenUrl],
  ledger: ledgerAt(ledgerUrl, { deadlineMs: 1_500 }),
  budgets: [{ name: 'all', limitUsd: 1, window: 'total', estimateUsd: 0.01 }],
  rateCard: false,
  waitMs: 0,
});

async function call(): Promise<boolean> {
  const body = JSON.stringify({ model: 'openai/gpt-4o', messages: [{ role: 'user', content: 'Hello' }] });
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${edenUrl}/v3/chat/completions`, { method: 'POST', headers, body });
  await response.arrayBuffer();
  return response.ok;
}

process.on('message', async (command: Command) => {
  const answers = 'calls' in command ? await Promise.all(Array.from({ length: command.calls }, call)) : [];
  const { unsettled } = 'close' in command ? await meter.close({ timeoutMs: 15_000 }) : { unsettled: 0 };
  const { localCalls } = meter.snapshot();
  process.send?.({ admitted: answers.filter(Boolean).length, localCalls, unsettled } satisfies Done);
});
process.on('disconnect', () => process.exit());
process.send?.('ready');
