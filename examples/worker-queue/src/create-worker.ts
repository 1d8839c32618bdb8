import { createMeter, type Meter, type MeterOptions } from '@eden-cost/core';
import type { Logger } from 'pino';
import { Eden } from './eden.js';
import { readInvoice } from './invoice.js';
import { summarise } from './summary.js';
import { type After, Worker } from './worker.js';

export interface Settings {
  /** Eden AI, as an OpenAI client takes it. */
  readonly baseUrl?: string;
  readonly apiKey: string;
  readonly log: Logger;
  /** Replaces options of `createMeter`, e.g. `budgets`. */
  readonly cost?: MeterOptions;
  readonly pollMs?: number;
  readonly pauseMs?: number;
  readonly after?: After;
}

/** A worker whose tenants have a budget for a day each, and whose jobs have one each. */
export function createWorker({
  baseUrl = 'https://api.edenai.run/v3',
  apiKey,
  log,
  cost,
  pollMs = 5_000,
  pauseMs = 300_000,
  after = systemAfter,
}: Settings): { worker: Worker; meter: Meter } {
  const meter = createMeter({
    baseUrls: [baseUrl],
    budgets: [
      { name: 'tenant-daily', limitUsd: 1, window: 'day', by: 'tenant' },
      { name: 'one-job', limitUsd: 0.5, window: 'request' }, // one meter.run() is one request
    ],
    circuit: false, // after Eden AI's own 402 the queue itself pauses
    logger: log, // createMeter logs only to a logger that it is given
    ...cost,
  });
  const eden = new Eden(baseUrl, apiKey, meter);
  const worker = new Worker({
    meter,
    log,
    after,
    pauseMs,
    work: (job, stopped) =>
      job.kind === 'summary' ? summarise(job, eden, stopped) : readInvoice(job, eden, stopped, pollMs),
  });
  return { worker, meter };
}

/** `setTimeout` keeps its delay in 31 bits. A job that comes back too early is only put back again. */
const LONGEST_MS = 2 ** 31 - 1;

const systemAfter: After = (ms, fn) => {
  const timer = setTimeout(fn, Math.min(ms, LONGEST_MS));
  return { cancel: () => clearTimeout(timer) };
};
