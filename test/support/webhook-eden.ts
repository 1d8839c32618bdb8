import type { Meter, MeterOptions } from '@eden-cost/core';
import type { ReplyOptions } from '@eden-cost/testing';
import { JOB, type JobKind } from './jobs.js';
import { type MeteredEden, useMeteredEden } from './meter.js';

/** The key that jobs are started and read with. */
export const JOBS_KEY = 'sk-eden-jobs';

export interface WebhookEden extends MeteredEden {
  /** Starts a job that costs `SETTLED_NANOS`; its id. */
  startJob(kind?: JobKind, reply?: ReplyOptions): Promise<string>;
  /** The paths at which jobs were read, and how often. */
  reads(): [path: string, count: number][];
}

/** A stand-in whose jobs nobody polls, and meters that know how to settle them. */
export function useWebhookEden(): WebhookEden {
  const metered = useMeteredEden({ keys: [JOBS_KEY] });
  return {
    get eden() {
      return metered.eden;
    },
    meter: (options: MeterOptions = {}): Meter =>
      metered.meter({
        budgets: [{ name: 'all', limitUsd: 100, window: 'total' }],
        rateCard: false,
        jobs: { apiKey: JOBS_KEY, webhookPublicKey: metered.eden.webhookPublicKey },
        ...options,
      }),
    async startJob({ start, body } = JOB, reply = {}) {
      const response = await fetch(metered.eden.url + start, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${JOBS_KEY}`,
          'x-stand-in': JSON.stringify({ settledCostUsd: '0.123456789', ...reply }),
        },
        body: JSON.stringify(body),
      });
      const answer = (await response.json()) as { public_id?: string; id?: string };
      return String(answer.public_id ?? answer.id);
    },
    reads: () => Object.entries(metered.eden.books().requestsByPath).filter(([path]) => /async\/./.test(path)),
  };
}
