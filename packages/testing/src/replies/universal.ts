import { bill, chargeFor } from '../billing.js';
import type { Call, PricedCall, Reply } from '../call.js';
import { writeCost } from '../cost.js';
import type { Job } from '../jobs.js';
import { metadataOf } from '../metadata.js';
import { type Nanos, usdToNanos } from '../money.js';
import { echoedModel, featureOf, providerOf } from '../naming.js';
import { Refusal } from '../refusal.js';
import type { CostForm } from '../reply-options.js';
import type { Site } from '../site.js';
import { answerText } from '../tokens.js';
import { priced } from './priced.js';

const DEFAULT_POLLS = 1;

const OUTCOMES = {
  success: (call: Call) => ({ output: { text: answerText(call) } }),
  fail: () => ({
    output: null,
    error: { type: 'provider_error', message: 'The provider could not process the input' },
  }),
};

/** `POST /v3/universal-ai`: a failed provider is a 200 too. */
export function universalReply(call: PricedCall): Reply {
  const { outcome = 'success' } = call.options;
  const result = { status: outcome, ...featureOf(echoedModel(call)), ...OUTCOMES[outcome](call) };
  return { content: { json: priced(call, result) } };
}

/** Starts the job that a call asks for. */
export function startJob(call: PricedCall, kind: Job['kind']): Job {
  const { options, cost, site } = call;
  const settled = options.settledCostUsd;
  const nanos = settled === undefined || cost.nanos === 0 ? cost.nanos : usdToNanos(settled, 'settledCostUsd');
  return site.jobs.start({
    kind,
    createdAt: site.clock.now(),
    model: echoedModel(call),
    provider: providerOf(call),
    pollsNeeded: options.pollsNeeded ?? DEFAULT_POLLS,
    outcome: options.outcome ?? 'success',
    ...(options.costAs !== undefined && { costAs: options.costAs }),
    charge: chargeFor(call, nanos, undefined),
  });
}

/** How a job's cost is written: as the poll or its start was told to, or as the endpoint does. */
export const jobCostAs = (job: Job, { options, route }: Call): CostForm =>
  options.costAs ?? job.costAs ?? route.costAs ?? 'number';

/** Polls a job; it is billed once, with the poll that finds it done. */
export function pollJob(call: Call): Job {
  const { site, params } = call;
  const job = site.jobs.find(params.id);
  if (!job) throw new Refusal(404, 'Not found.');
  if (site.jobs.poll(job)) billJob(site, job, jobCostAs(job, call));
  return job;
}

/** Ends a job that nobody polls: its app is told by a webhook. */
export function finishJob(site: Site, job: Job): void {
  if (site.jobs.finish(job)) billJob(site, job, job.costAs ?? (job.kind === 'video' ? 'number' : 'string'));
}

function billJob(site: Site, job: Job, costAs: CostForm): void {
  const rawCost = writeCost(job.charge.toldNanos, costAs).text;
  bill(site, { ...job.charge, jobId: job.id, ...(rawCost !== undefined && { rawCost }) });
}

/** What a job's cost is said to be, `started` being what was said when it began. */
export const jobNanos = (job: Job, started: Nanos): Nanos =>
  ({ processing: started, success: job.charge.toldNanos, fail: 0 })[job.status];

const jobBody = (job: Job, call: Call, nanos: Nanos): Record<string, unknown> => ({
  public_id: job.id,
  status: job.status,
  cost: writeCost(nanos, jobCostAs(job, call)).json,
  provider: job.provider,
  ...featureOf(job.model),
  ...call.options.extra,
});

/** `POST /v3/universal-ai/async`: 202, with a provisional cost. */
export function startJobReply(call: PricedCall): Reply {
  const job = startJob(call, 'universal');
  const provisional = call.options.provisionalCostUsd;
  const nanos = provisional === undefined ? call.cost.nanos : usdToNanos(provisional, 'provisionalCostUsd');
  return { status: 202, content: { json: { ...jobBody(job, call, nanos), ...metadataOf(call) } } };
}

/** `GET /v3/universal-ai/async/{public_id}`. */
export function pollJobReply(call: PricedCall): Reply {
  const job = pollJob(call);
  const result = job.status === 'processing' ? { output: null } : OUTCOMES[job.status](call);
  return { content: { json: { ...jobBody(job, call, jobNanos(job, job.charge.toldNanos)), ...result } } };
}

/** `GET /v3/universal-ai/async`: without cost. */
export const listJobsReply = ({ site }: Call): Reply => ({
  content: {
    json: site.jobs.list().map((job) => ({
      public_id: job.id,
      status: job.status,
      provider: job.provider,
      ...featureOf(job.model),
      created_at: new Date(job.createdAt).toISOString(),
    })),
  },
});
