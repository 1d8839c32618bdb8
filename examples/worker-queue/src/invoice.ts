import { setTimeout as sleep } from 'node:timers/promises';
import type { Eden } from './eden.js';
import type { InvoiceJob } from './job.js';

interface EdenJob {
  readonly public_id: string;
  readonly status: 'processing' | 'success' | 'fail';
}

/**
 * Starts a job of Universal AI, and reads it until it has ended. It is held on the budgets from its start, and charged
 * once, with the read that finds it done; reads are free, and never denied.
 */
export async function readInvoice(job: InvoiceJob, eden: Eden, stopped: AbortSignal, pollMs: number): Promise<void> {
  const order = { model: 'ocr/invoice_parser/mindee', input: { file: job.file } };
  // a job that was started before is not started, and paid for, again
  job.startedAs ??= (await eden.request<EdenJob>('/universal-ai/async', order)).public_id;
  for (;;) {
    const { status } = await eden.request<EdenJob>(`/universal-ai/async/${job.startedAs}`);
    if (status === 'success') return;
    if (status === 'fail') throw new Error(`Eden AI could not read ${job.file}`);
    await sleep(pollMs, undefined, { signal: stopped });
  }
}
