import { createMeter } from '@eden-cost/core';
import { report } from '../support/report.js';
import { ledgerAt } from './ledger-over-http.js';

/** What one process saw of a job. */
export interface JobProcess {
  readonly id: string;
  readonly charges: readonly { readonly amount: number; readonly jobId?: string }[];
  readonly errors: readonly string[];
}

/** Starts a job, or polls the one that it is given, ten times; prints what it saw as JSON. */
const [edenUrl = '', ledgerUrl = '', jobId] = process.argv.slice(2);
const meter = createMeter({
  baseUrls: [edenUrl],
  ledger: ledgerUrl === 'none' ? undefined : ledgerAt(ledgerUrl, { deadlineMs: 15_000 }),
  budgets: [{ name: 'all', limitUsd: 100, window: 'total' }],
  rateCard: false,
});
const charges: JobProcess['charges'][number][] = [];
const errors: string[] = [];
meter.on('charge', ({ amount, jobId }) => charges.push({ amount, jobId }));
meter.on('error', ({ problem }) => errors.push(problem));

const jobs = `${edenUrl}/v3/universal-ai/async`;
const body = JSON.stringify({ model: 'ocr/invoice_parser/mindee', input: { file: 'x' } });
const headers = { 'content-type': 'application/json' };
const id =
  jobId ?? ((await (await fetch(jobs, { method: 'POST', headers, body })).json()) as { public_id: string }).public_id;
await Promise.all(
  Array.from({ length: 10 }, () => meter.run({}, async () => (await fetch(`${jobs}/${id}`)).arrayBuffer())),
);
await meter.close({ timeoutMs: 15_000 });
report({ id, charges, errors });
