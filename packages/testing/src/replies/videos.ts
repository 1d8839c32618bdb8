import type { Call, PricedCall, Reply } from '../call.js';
import { writeCost } from '../cost.js';
import type { Job } from '../jobs.js';
import { type Nanos, usdToNanos } from '../money.js';
import { Refusal } from '../refusal.js';
import { jobCostAs, jobNanos, pollJob, startJob } from './universal.js';

const DEFAULT_VIDEO_BYTES = 4096;

const STATUS = { processing: 'in_progress', success: 'completed', fail: 'failed' } as const;

function video(job: Job, call: Call, nanos: Nanos, status: string): Record<string, unknown> {
  return {
    id: job.id,
    object: 'video',
    status,
    progress: { queued: 0, in_progress: 50 }[status] ?? 100,
    created_at: Math.floor(job.createdAt / 1000),
    model: job.model,
    provider: job.provider,
    ...(status === 'failed' && { error: { code: 'provider_error', message: 'The provider could not make the video' } }),
    ...call.options.extra,
    cost: writeCost(nanos, jobCostAs(job, call)).json,
  };
}

/** `POST /v3/videos`: the cost is 0 until the video has ended. */
export function startVideoReply(call: PricedCall): Reply {
  const job = startJob(call, 'video');
  return { content: { json: video(job, call, usdToNanos(call.options.provisionalCostUsd ?? 0, 'cost'), 'queued') } };
}

/** `GET /v3/videos/{id}`. */
export function pollVideoReply(call: PricedCall): Reply {
  const job = pollJob(call);
  return { content: { json: video(job, call, jobNanos(job, 0), STATUS[job.status]) } };
}

const mp4 = ({ options }: Call): Reply => {
  const bytes = Buffer.alloc(options.bodyBytes ?? DEFAULT_VIDEO_BYTES);
  bytes.write('ftypisom', 4);
  return { content: { bytes, type: 'video/mp4' } };
};

/** `GET /v3/videos/{id}/content`: free; the bytes, or a redirect to a signed link. */
export function videoContentReply(call: Call): Reply {
  const job = call.site.jobs.find(call.params.id);
  if (job?.status !== 'success') throw new Refusal(404, 'The video is not ready');
  if (!call.options.redirectContent) return mp4(call);
  const origin = `http://${call.request.headers.host}${call.site.pathPrefix}`;
  const location = `${origin}/signed/${job.id}.mp4?signature=stand-in`;
  return { status: 302, headers: { location }, content: { text: '' } };
}

/** What the signed link leads to: no key is asked for. */
export const signedContentReply = mp4;
