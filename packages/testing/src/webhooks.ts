import { createHash, createSign, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { isRecord } from './json.js';
import { featureOf } from './naming.js';
import { finishJob } from './replies/universal.js';
import type { Site } from './site.js';

/** What Eden AI posts to an app when a job has ended. */
export interface StandInWebhook {
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

const DELIVERIES = 3;

let pair: { publicKey: KeyObject; privateKey: KeyObject } | undefined;

/** One pair for the process: making it takes a while. */
function keyPair(): { publicKey: KeyObject; privateKey: KeyObject } {
  pair ??= generateKeyPairSync('rsa', { modulusLength: 2048 });
  return pair;
}

/** The key that webhooks are verified with: PEM. */
export const webhookPublicKey = (): string => keyPair().publicKey.export({ type: 'spki', format: 'pem' }).toString();

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sorted(value[key])]),
  );
}

/** Hex, RSA PKCS#1 v1.5 with SHA-256, over the hex SHA-256 of the canonical JSON (Eden AI wire notes, "Async webhooks"). */
function signWebhook(payload: unknown): string {
  const canonical = JSON.stringify(sorted(payload), undefined, 2);
  const digest = createHash('sha256').update(canonical).digest('hex');
  return createSign('sha256').update(digest).sign(keyPair().privateKey, 'hex');
}

/** Ends a job, if it has not ended yet, and writes its webhook: without a cost, as Eden AI does. */
export function webhookOf(site: Site, jobId: string): StandInWebhook {
  const job = site.jobs.find(jobId);
  if (!job) throw new RangeError(`there is no job with the id "${jobId}"`);
  finishJob(site, job);
  const payload = {
    event: 'async_job_completed',
    job_id: job.id,
    status: job.status,
    ...featureOf(job.model),
    provider: job.provider,
    output: job.status === 'success' ? { text: 'Größe 10 €', confidence: 0.5 } : null,
  };
  return {
    body: JSON.stringify(payload),
    headers: {
      'content-type': 'application/json',
      'x-edenai-webhook': 'true',
      'x-edenai-signature': signWebhook(payload),
    },
  };
}

/** Posts a webhook, up to three times until it is taken. Returns the status of each delivery; 0 for one without an answer. */
export async function deliver({ body, headers }: StandInWebhook, url: string): Promise<number[]> {
  const statuses: number[] = [];
  while (statuses.length < DELIVERIES && !statuses.some((status) => status >= 200 && status < 300)) {
    statuses.push(await post(url, { method: 'POST', body, headers }));
  }
  return statuses;
}

async function post(url: string, init: RequestInit): Promise<number> {
  try {
    const response = await fetch(url, init);
    await response.arrayBuffer();
    return response.status;
  } catch {
    return 0;
  }
}
