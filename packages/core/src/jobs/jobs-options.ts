import { createPublicKey, KeyObject } from 'node:crypto';
import { apiKeyOf } from '../credits/api-key.js';
import type { Secret } from '../credits/secret.js';
import { OptionsError } from '../errors.js';
import { rejectUnknownKeys } from '../options/unknown-keys.js';

/** For apps that get the results of their jobs by webhook. */
export interface JobsOptions {
  /** The key that jobs are read with. Default `credits.apiKey`. */
  apiKey?: string;
  /**
   * Eden AI's public key, with which webhooks are verified: PEM, its line breaks as they are or written as `\n`.
   * `meter.jobs.webhook` needs it.
   */
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

function publicKeyOf(key: unknown): KeyObject {
  const given = key instanceof KeyObject ? key : pemOf(key);
  if (isPrivate(given)) {
    throw new OptionsError(
      'options.jobs.webhookPublicKey is a private key: give Eden AI\'s public one ("-----BEGIN PUBLIC KEY-----"). A private key does not belong here, and whoever has seen it can sign with it',
    );
  }
  const made = keyObjectOf(given);
  if (made?.type === 'public' && made.asymmetricKeyType === 'rsa') return made;
  throw new OptionsError(
    'options.jobs.webhookPublicKey must be an RSA public key: a PEM text ("-----BEGIN PUBLIC KEY-----"), or a KeyObject',
  );
}

/** Files of environment variables have quotes around a PEM, and write its line breaks as `\n`. */
const pemOf = (key: unknown): string =>
  (typeof key === 'string' || Buffer.isBuffer(key) ? String(key) : '')
    .replaceAll('\\r', '')
    .replaceAll('\\n', '\n')
    .trim()
    .replace(/^(["'])(.*)\1$/s, '$2');

/** Node derives a public key of a private one without a word. */
const isPrivate = (key: KeyObject | string): boolean =>
  typeof key === 'string' ? key.includes('PRIVATE KEY-----') : key.type === 'private';

function keyObjectOf(key: KeyObject | string): KeyObject | undefined {
  if (typeof key !== 'string') return key;
  try {
    return createPublicKey(key);
  } catch {
    return undefined;
  }
}
