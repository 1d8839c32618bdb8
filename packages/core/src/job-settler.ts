import type { KeyObject } from 'node:crypto';
import type { Parts } from './call.js';
import { type EdenReader } from './credits/eden-reader.js';
import { readJsonAnswer } from './edenai/answer-facts.js';
import { classify } from './edenai/classify.js';
import { jobIdOf, jobPhase } from './edenai/jobs.js';
import { isSignedBy, jobOfWebhook, SIGNATURE_HEADER } from './edenai/webhook.js';
import { OptionsError, WebhookSignatureError } from './errors.js';
import type { JobsSettings } from './jobs-options.js';

/** What `meter.jobs` found a job to be. */
export interface SettledJob {
  readonly jobId: string;
  /** `running`: it costs nothing yet; `unknown`: in a status that is not known. */
  readonly status: 'running' | 'succeeded' | 'failed' | 'unknown';
  /** True when its cost is booked, by this read or an earlier one. */
  readonly settled: boolean;
}

/** The headers of a request, as any framework has them. */
export type WebhookHeaders = Headers | Readonly<Record<string, string | readonly string[] | undefined>>;

/** Settles jobs that the app does not poll itself: a webhook has no cost, so the job is read. */
export interface MeterJobs {
  /**
   * Reads a job with `jobs.apiKey`, and books its cost if it has ended: once, on the request that started it, however often
   * this is called. Videos too. The read is free.
   *
   * @throws {EdenReadError} `ERR_COST_EDEN_READ` (rejects) when the job cannot be read
   * @throws {OptionsError} `ERR_COST_OPTIONS` (rejects) without a key
   */
  settle(jobId: string): Promise<SettledJob>;
  /**
   * Takes a webhook of Eden AI's: verifies its signature, and settles its job. Eden AI delivers up to three times; replays
   * are booked once.
   *
   * @param rawBody the body as it came, not parsed
   * @returns `undefined` for a webhook that tells of no job
   * @throws {WebhookSignatureError} `ERR_COST_WEBHOOK_SIGNATURE` (rejects), status 401, for a body that Eden AI did not sign
   * @throws {EdenReadError} `ERR_COST_EDEN_READ` (rejects) when the job cannot be read: answer 5xx, and it is delivered again
   * @throws {OptionsError} `ERR_COST_OPTIONS` (rejects) without `jobs.webhookPublicKey`
   */
  webhook(rawBody: string | Uint8Array, headers: WebhookHeaders): Promise<SettledJob | undefined>;
}

const JOB_PATH = '/v3/universal-ai/async/';

export class JobSettler implements MeterJobs {
  /** Deliveries of one webhook may come together: one read for all of them. */
  readonly #reading = new Map<string, Promise<SettledJob>>();

  constructor(
    private readonly parts: Parts,
    private readonly reader: EdenReader,
    private readonly settings: JobsSettings,
  ) {}

  async settle(jobId: string): Promise<SettledJob> {
    if (typeof jobId !== 'string' || jobId === '') throw new OptionsError('jobs.settle() takes the id of a job');
    const id = jobIdOf(jobId);
    const known = this.parts.jobs.settled(id);
    if (known !== undefined) return { jobId: id, status: known, settled: true };
    const reading = this.#reading.get(id) ?? this.#read(jobId).finally(() => this.#reading.delete(id));
    this.#reading.set(id, reading);
    return reading;
  }

  readonly webhook = async (rawBody: string | Uint8Array, headers: WebhookHeaders): Promise<SettledJob | undefined> => {
    const body = typeof rawBody === 'string' ? rawBody : bytesToText(rawBody);
    verify(this.settings.webhookPublicKey, body, headerIn(headers, SIGNATURE_HEADER));
    const jobId = jobOfWebhook(body);
    return jobId === undefined ? undefined : this.settle(jobId);
  };

  async #read(jobId: string): Promise<SettledJob> {
    const { jobs, settings } = this.parts;
    const { apiKey } = this.settings;
    if (apiKey === undefined) {
      throw new OptionsError('jobs.settle() reads the job with a key of yours: give options.jobs.apiKey');
    }
    const { origin, prefix } = settings.baseUrls[0] as (typeof settings.baseUrls)[number];
    const path = JOB_PATH + encodeURIComponent(jobId);
    const { body } = await this.reader.read('a job', `${origin}${prefix}${path}`, apiKey);
    const kind = classify('GET', path);
    const facts = readJsonAnswer(kind, { whole: Buffer.from(body) }, settings.maxCost);
    const id = jobIdOf(jobId);
    jobs.poll(id, { kind }, { kind: 'complete', status: 200, facts });
    const status = jobPhase(facts.status) ?? 'unknown';
    return { jobId: id, status, settled: status === 'succeeded' || status === 'failed' };
  }
}

function verify(publicKey: KeyObject | undefined, body: string, signature: string | undefined): void {
  if (publicKey === undefined) {
    throw new OptionsError(
      "jobs.webhook() verifies signatures with Eden AI's public key: give options.jobs.webhookPublicKey",
    );
  }
  if (signature === undefined) throw new WebhookSignatureError(`it has no header ${SIGNATURE_HEADER}`);
  if (!isSignedBy(publicKey, body, signature)) {
    throw new WebhookSignatureError(
      "its signature is not Eden AI's for this body: check that the body is passed as it came, and the public key",
    );
  }
}

function headerIn(headers: WebhookHeaders, name: string): string | undefined {
  if (headers instanceof Headers) return headers.get(name) ?? undefined;
  const [, value] = Object.entries(headers).find(([key]) => key.toLowerCase() === name) ?? [];
  return typeof value === 'string' ? value : value?.[0];
}

const bytesToText = ({ buffer, byteOffset, byteLength }: Uint8Array): string =>
  Buffer.from(buffer, byteOffset, byteLength).toString();
