import { BALANCE_PATH } from '../edenai/balance.js';
import type { BaseUrl } from '../edenai/base-url.js';
import { CONSUMPTION_PATH, USAGE_PATH } from '../edenai/consumption.js';
import { OptionsError } from '../errors.js';
import { costToNanos, type Nanos } from '../money.js';
import { rejectUnknownKeys } from '../options/unknown-keys.js';
import { AccountKeys } from './account-keys.js';
import { apiKeyOf, managementKeyOf } from './api-key.js';
import type { Secret } from './secret.js';

/** Watches the prepaid balance at Eden AI. Its reads are free, and never in the way of a call. */
export interface CreditsOptions {
  /** An inference key of the account (`sk-eden-...`): the balance is read with it. */
  apiKey: string;
  /**
   * All keys of this account that the app calls with. Calls with any other (a sandbox key, a tenant's own) are then left out
   * of the balance and of `usage()`. Default: calls with all keys are taken off, until a read shows which were not.
   */
  keys?: readonly string[];
  /** A management key (`mgmt-eden-...`, with `manage:read`): `meter.credits.usage()` then reads `/v3/manage/usage/`. */
  managementKey?: string;
  /** Below this many USD, a `balance` event says `low`. Default: none. */
  lowUsd?: number;
  /** With fewer hours left at the rate of the last hour (none are known for 15 minutes), a `balance` event says `low`. Default: none. */
  lowHours?: number;
  /** At most one read in this time, in milliseconds, whatever the load. Default 60,000, least 1,000. */
  intervalMs?: number;
  /** Where the balance is. Default `/v2/cost_management/credits/` at the first base URL. */
  balanceUrl?: string | URL;
  /** Where consumption is. Default `/v3/manage/usage/` with a management key, else `/v2/cost_management/`. */
  usageUrl?: string | URL;
}

/** What Eden AI's dashboard has as its auto-refill. */
export interface AutoRefillOptions {
  /** Below this balance, in USD, Eden AI buys credits. */
  thresholdUsd: number;
  /** How much it buys, in USD. */
  amountUsd: number;
  /** Below the threshold for this long without a refill, a `balance` event says `unrefilled`. Default 600,000 ms. */
  graceMs?: number;
}

export interface AutoRefill {
  readonly threshold: Nanos;
  readonly amount: Nanos;
  readonly graceMs: number;
}

/** The options of the balance watch, complete and checked. */
export interface CreditsSettings {
  readonly apiKey: Secret;
  readonly keys: AccountKeys;
  readonly managementKey: Secret | undefined;
  readonly low: Nanos | undefined;
  readonly lowHours: number | undefined;
  readonly intervalMs: number;
  readonly balanceUrl: string;
  readonly usageUrl: string;
  readonly autoRefill: AutoRefill | undefined;
}

const KEYS = ['apiKey', 'keys', 'managementKey', 'lowUsd', 'lowHours', 'intervalMs', 'balanceUrl', 'usageUrl'];

/** @throws {OptionsError} `ERR_COST_OPTIONS` */
export function resolveCredits(
  credits: CreditsOptions | undefined,
  autoRefill: AutoRefillOptions | undefined,
  base: BaseUrl,
): CreditsSettings | undefined {
  if (credits === undefined) {
    if (autoRefill === undefined) return undefined;
    throw new OptionsError('options.autoRefill says what the balance watch counts on: give options.credits too');
  }
  rejectUnknownKeys(objectOf('credits', credits), KEYS, 'options.credits');
  const { lowUsd, lowHours, intervalMs = 60_000, managementKey } = credits;
  const apiKey = apiKeyOf('credits.apiKey', credits.apiKey);
  const at = (path: string) => `${base.origin}${base.prefix}${path}`;
  return {
    apiKey,
    keys: new AccountKeys(apiKey, credits.keys === undefined ? undefined : keysOf(credits.keys)),
    managementKey: managementKey === undefined ? undefined : managementKeyOf('credits.managementKey', managementKey),
    low: lowUsd === undefined ? undefined : amountOf('credits.lowUsd', lowUsd),
    lowHours: lowHours === undefined ? undefined : numberOf('credits.lowHours', lowHours, 0),
    intervalMs: numberOf('credits.intervalMs', intervalMs, 1_000),
    balanceUrl: urlOf('credits.balanceUrl', credits.balanceUrl ?? at(BALANCE_PATH)),
    usageUrl: urlOf('credits.usageUrl', credits.usageUrl ?? at(managementKey ? USAGE_PATH : CONSUMPTION_PATH)),
    autoRefill: autoRefill === undefined ? undefined : autoRefillOf(autoRefill),
  };
}

function keysOf(keys: unknown): Secret[] {
  if (Array.isArray(keys)) return keys.map((key) => apiKeyOf('credits.keys', key));
  throw new OptionsError("options.credits.keys must be a list of the account's API keys");
}

function autoRefillOf(autoRefill: AutoRefillOptions): AutoRefill {
  rejectUnknownKeys(objectOf('autoRefill', autoRefill), ['thresholdUsd', 'amountUsd', 'graceMs'], 'options.autoRefill');
  return {
    threshold: amountOf('autoRefill.thresholdUsd', autoRefill.thresholdUsd),
    amount: amountOf('autoRefill.amountUsd', autoRefill.amountUsd),
    graceMs: numberOf('autoRefill.graceMs', autoRefill.graceMs ?? 600_000, 0),
  };
}

function objectOf<T>(name: string, value: T): T & object {
  if (typeof value === 'object' && value !== null) return value;
  throw new OptionsError(`options.${name} must be an object`);
}

function amountOf(name: string, usd: unknown): Nanos {
  const nanos = typeof usd === 'number' ? costToNanos(usd) : undefined;
  if (nanos === undefined || nanos === 0) throw new OptionsError(`options.${name} must be an amount in USD above 0`);
  return nanos;
}

function numberOf(name: string, value: unknown, least: number): number {
  if (typeof value === 'number' && Number.isFinite(value) && value >= least) return value;
  throw new OptionsError(`options.${name} must be a number of at least ${least}`);
}

function urlOf(name: string, value: string | URL): string {
  const url = URL.canParse(String(value)) ? new URL(value) : undefined;
  const isPlain = url && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '';
  if (isPlain) return url.href;
  throw new OptionsError(`options.${name} must be an http(s) URL without credentials`);
}
