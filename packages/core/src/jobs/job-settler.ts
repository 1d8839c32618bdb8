import type { KeyObject } from 'node:crypto';
import { JsonReader } from '../answer/json-reader.js';
import type { Parts } from '../call.js';
import type { EdenReader } from '../credits/eden-reader.js';
import type { Secret } from '../credits/secret.js';
import type { AnswerFacts } from '../edenai/answer-facts.js';
import { classify } from '../edenai/classify.js';
import { MISSING_COST } from '../edenai/cost.js';
import { jobIdOf, jobPhase } from '../edenai/jobs.js';
import { JOB_ADVICE } from '../edenai/read-failure.js';
import { checkSignature, jobOfWebhook, readSignature, SIGNATURE_HEADER } from '../edenai/webhook.js';
import { EdenReadError, OptionsError, WebhookSignatureError } from '../errors.js';
import type { JobsSettings } from './jobs-options.js';
import { headerIn, rawBodyOf, type WebhookBody, type WebhookHeaders } from './webhook-request.js';

/** What `meter.jobs` found a job to be. */
export interface SettledJob {
  readonly jobId: string;
  /** `running`: it costs nothing yet; `unknown`: in a status that is not known. */
  readonly status: 'running' | 'succeeded' | 'failed' | 'unknown';
  /**
   * True when the cost that Eden AI reports is booked, by this read or an earlier one. False for a job that goes on, that
   * the ledger does not know, or whose end says no cost: that one is booked at its estimate.
   */
  readonly settled: boolean;
}

/** Settles jobs that the app does not poll itself: a webhook has no cost, so the job is read. */
export interface MeterJobs {
  /**
   * Reads a job with `jobs.apiKey`, and books its cost if it has ended: once, however often this is called, on the request
   * that started it, or in no scope where that was in another process with this ledger. Videos too. The read is free. It
   * goes to the base URL where this process started the job, else to the first of `baseUrls`.
   *
   * @throws {EdenReadError} `ERR_COST_EDEN_READ` (rejects) when the job cannot be read
   * @throws {OptionsError} `ERR_COST_OPTIONS` (rejects) without a key, and for what is no job's id
   */
  settle(jobId: string): Promise<SettledJob>;
  /**
   * Takes a webhook of Eden AI's: verifies its signature, and settles its job. Eden AI delivers up to three times; replays
   * are booked once.
   *
   * @param rawBody the body as it came, not parsed
   * @returns `undefined` for a webhook that tells of no job; answer 503 for one that is not `settled`, and it is delivered again
   * @throws {WebhookSignatureError} `ERR_COST_WEBHOOK_SIGNATURE` (rejects), status 401, for a body that Eden AI did not sign
   * @throws {EdenReadError} `ERR_COST_EDEN_READ` (rejects) when the job cannot be read: answer 5xx, and it is delivered again
   * @throws {OptionsError} `ERR_COST_OPTIONS` (rejects) without `jobs.webhookPublicKey`, and for a body that was parsed
   */
  webhook(rawBody: WebhookBody, headers: WebhookHeaders): Promise<SettledJob | undefined>;
}

const JOB_PATH = '/v3/universal-ai/async/';

/** No part of a path that leads elsewhere, and nothing that a URL cannot hold. */
const JOB_ID = /^(?!\.{1,2}$)[^\s/\\\p{C}]+$/u;

/** A job's answer has its results in it. No more than its two ends is kept. */
const MOST_BYTES = 64 * 1024 * 1024;

export class JobSettler implements MeterJobs {
  /** Deliveries of one webhook may come together: one read for all of them. */
  readonly #reading = new Map<string, Promise<SettledJob>>();

  constructor(
    private readonly parts: Parts,
    private readonly reader: EdenReader,
    private readonly settings: JobsSettings,
  ) {}

  async settle(jobId: string): Promise<SettledJob> {
    if (typeof jobId !== 'string' || !JOB_ID.test(jobId)) {
      throw new OptionsError('jobs.settle() takes the id of a job: a text without white space, "/" or "\\"');
    }
    const id = jobIdOf(jobId);
    const known = this.parts.jobs.settled(id);
    if (known !== undefined) return { jobId: id, status: known, settled: true };
    const reading = this.#reading.get(id) ?? this.#settle(jobId).finally(() => this.#reading.delete(id));
    this.#reading.set(id, reading);
    return reading;
  }

  readonly webhook = async (rawBody: WebhookBody, headers: WebhookHeaders): Promise<SettledJob | undefined> => {
    const { webhookPublicKey } = this.settings;
    if (webhookPublicKey === undefined) {
      throw new OptionsError(
        "jobs.webhook() verifies signatures with Eden AI's public key: give options.jobs.webhookPublicKey",
      );
    }
    const signature = headerIn(headers, SIGNATURE_HEADER);
    const jobId = jobOfWebhook(verified(webhookPublicKey, rawBody, signature));
    return jobId === undefined ? undefined : this.settle(jobId);
  };

  async #settle(jobId: string): Promise<SettledJob> {
    const { jobs, settings } = this.parts;
    const { apiKey } = this.settings;
    if (apiKey === undefined) {
      throw new OptionsError('jobs.settle() reads the job with a key of yours: give options.jobs.apiKey');
    }
    const jobIdHere = jobIdOf(jobId);
    const path = JOB_PATH + encodeURIComponent(jobId);
    const kind = classify('GET', path);
    const facts = await this.#read(jobIdHere, path, apiKey);
    const status = jobPhase(facts.status) ?? 'unknown';
    const bearer = (name: string) => (name === 'authorization' ? `Bearer ${apiKey.reveal()}` : undefined);
    const draws = settings.credits?.keys.drawOf(bearer) ?? 'yes';
    const settled =
      settings.mode !== 'off' &&
      (await jobs.poll(jobIdHere, { kind, draws }, { kind: 'complete', status: 200, facts }));
    return { jobId: jobIdHere, status, settled };
  }

  async #read(id: string, path: string, key: Secret): Promise<AnswerFacts> {
    const { jobs, settings } = this.parts;
    const { origin, prefix } = jobs.baseUrl(id) ?? (settings.baseUrls[0] as (typeof settings.baseUrls)[number]);
    const what = `how a job stands (GET ${JOB_PATH}... at ${origin})`;
    const kind = classify('GET', path);
    const json = new JsonReader(kind, { cost: MISSING_COST, isByok: false }, settings.maxCost, undefined);
    await this.reader.readInto(
      { what, url: `${origin}${prefix}${path}`, key, advice: JOB_ADVICE, mostBytes: MOST_BYTES },
      (chunk) => void json.push(chunk),
    );
    const facts = json.facts(true);
    if (facts.status !== undefined) return facts;
    throw new EdenReadError(what, JOB_ADVICE.unreadable, { failure: 'unreadable' });
  }
}

const REFUSED = {
  other: "its signature is not Eden AI's for this body: check that the body is passed as it came, and the public key",
  'no-json': 'its body is no JSON: check that it is passed as it came, and complete',
  'too-large':
    'its body is too large, or nested too deep, to be verified: written with indents, it has more than 256 MiB',
} as const;

/**
 * The signature first, which tells a forgery by itself: a body may be large.
 *
 * @returns the body
 */
function verified(publicKey: KeyObject, rawBody: WebhookBody, hex: string | undefined): string {
  const raw = rawBodyOf(rawBody);
  if (hex === undefined) throw new WebhookSignatureError(`it has no header ${SIGNATURE_HEADER}`);
  const signature = readSignature(publicKey, hex);
  const body = signature === undefined ? '' : raw.toString();
  const found = signature === undefined ? 'other' : checkSignature(publicKey, body, signature);
  if (found === 'signed') return body;
  throw new WebhookSignatureError(REFUSED[found]);
}
