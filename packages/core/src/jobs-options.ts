import { createPublicKey, KeyObject } from 'node:crypto';
import { apiKeyOf } from './credits/credits-options.js';
import type { Secret } from './credits/secret.js';
import { OptionsError } from './errors.js';
import { rejectUnknownKeys } from './unknown-keys.js';

/** For apps that get the results of their jobs by webhook. */
export interface JobsOptions {
  /** The key that jobs are read with. Default `credits.apiKey`. */
  apiKey?: string;
  /** Eden AI's public key, with which it signs webhooks: PEM. `meter.jobs.webhook` needs it. */
  webhookPublicKey?: string | KeyObject;
}

export interface JobsSettings {
  readonly apiKey: Secret | undefined;
  readonly webhookPublicKey: KeyObject | undefined;
}

/** @throws {OptionsError} `ERR_COST_OPTIONS` */
export function resolveJobs(jobs: JobsOptions | undefined, fallback: Secret | undefined): JobsSettings {
  if (jobs === undefined) return { apiKey: fallback, webhookPublicKey: undefined };
  if (typeof jobs !== 'object' || jobs === null) throw new OptionsError('options.jobs must be an object');
  rejectUnknownKeys(jobs, ['apiKey', 'webhookPublicKey'], 'options.jobs');
  const { apiKey, webhookPublicKey } = jobs;
  return {
    apiKey: apiKey === undefined ? fallback : apiKeyOf('jobs.apiKey', apiKey),
    webhookPublicKey: webhookPublicKey === undefined ? undefined : publicKeyOf(webhookPublicKey),
  };
}

function publicKeyOf(key: string | KeyObject): KeyObject {
  const made = keyObjectOf(key);
  if (made?.type === 'public' && made.asymmetricKeyType === 'rsa') return made;
  throw new OptionsError(
    'options.jobs.webhookPublicKey must be an RSA public key: a PEM text ("-----BEGIN PUBLIC KEY-----"), or a KeyObject',
  );
}

function keyObjectOf(key: string | KeyObject): KeyObject | undefined {
  if (key instanceof KeyObject) return key;
  try {
    return createPublicKey(key);
  } catch {
    return undefined;
  }
}
