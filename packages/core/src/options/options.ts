import type { Budget } from '../budget/budget.js';
import type { Clock } from '../clock.js';
import type { AutoRefillOptions, CreditsOptions } from '../credits/credits-options.js';
import type { TagsOption } from '../credits/tags-option.js';
import type { RateTable } from '../edenai/rates.js';
import type { JobsOptions } from '../jobs/jobs-options.js';
import type { Ledger } from '../ledger/ledger.js';
import type { LoggerOption } from '../log/logger.js';
import type { CostScope } from '../scope/scope.js';

export type Mode = 'enforce' | 'observe';

/** Options of {@link createMeter}, and of every adapter. */
export interface MeterOptions {
  /** Spending limits. All that match a call apply together. Default: none, and nothing is ever denied. */
  budgets?: readonly Budget<CostScope>[];
  /** `'observe'` books everything and denies nothing. Default `'enforce'`; `EDEN_COST=off|observe|on` in the environment wins. */
  mode?: Mode;
  /** Where Eden AI is: an exact origin, and a path prefix if there is a proxy in front. Default: both of Eden AI's hosts. */
  baseUrls?: (string | URL)[];
  /** Where balances live. Default `memoryLedger()`: this process only, forgotten at restart. */
  ledger?: Ledger;
  /** Gets the cost lines and the operator's lines. Default: an adapter uses the request's own logger, else pino; `createMeter` none. */
  logger?: LoggerOption;
  /** Whether log lines hold labels: all, these, or none. Default all; answers never hold any. */
  log?: { labels?: boolean | string[] };
  /** `false`: only calls through `meter.fetch` are metered, and nothing is patched. Default `true`. */
  intercept?: boolean;
  /** Whether a streamed chat is asked for its usage, without which it has no cost. Default `'ask'`. */
  streamUsage?: 'ask' | 'leave';
  /**
   * What a `fetch` makes of a 402: `'auto'` rejects for the app's own code in a request scope, and answers SDKs;
   * `'respond'` always answers; `'throw'` always rejects. Default `'auto'`.
   */
  paymentRequired?: 'auto' | 'respond' | 'throw';
  /** How long a call waits for room that calls in flight hold, in milliseconds. Default 1,000. */
  waitMs?: number;
  /** Prices by model. Default `'fetch'`: Eden AI's own lists, read when a budget or a stream without a cost needs them. */
  rateCard?: 'fetch' | false | RateTable;
  /** A reported cost above this is not believed, and no call states a greater estimate; in USD. Default 1,000. */
  maxCostUsd?: number;
  /** Distinct label values for each budget and window; further ones share one account. Default 100,000. */
  maxAccounts?: number;
  /** How long a job's reservation is kept, in milliseconds. Default 24 hours. */
  jobTtlMs?: number;
  /** How long a reservation lives that nobody extends, in milliseconds. Default 60,000. */
  reservationTtlMs?: number;
  /** Watches the prepaid balance at Eden AI. Default: off. */
  credits?: CreditsOptions;
  /** What Eden AI's dashboard has as its auto-refill: the balance watch counts on it. Default: none. */
  autoRefill?: AutoRefillOptions;
  /**
   * After a 402 of Eden AI's, further calls with that API key are denied here for `openMs` milliseconds, and then one of
   * them tries again. Default `{ openMs: 5000 }`; `false`: every call asks Eden AI.
   */
  circuit?: false | { openMs?: number };
  /** Labels that are sent as `X-EdenAI-Tags`: their names, or the tag's name by the label's. Default: none. */
  tags?: TagsOption;
  /** `true` asks for `edenai_metadata`: region, attempts and BYOK are on the charge, and the block is in the answer. Default `false`. */
  metadata?: boolean;
  /** For apps that get the results of their jobs by webhook. */
  jobs?: JobsOptions;
  clock?: Clock;
}

export const METER_OPTIONS = [
  'budgets',
  'mode',
  'baseUrls',
  'ledger',
  'logger',
  'log',
  'intercept',
  'streamUsage',
  'paymentRequired',
  'waitMs',
  'rateCard',
  'maxCostUsd',
  'maxAccounts',
  'jobTtlMs',
  'reservationTtlMs',
  'credits',
  'autoRefill',
  'circuit',
  'tags',
  'metadata',
  'jobs',
  'clock',
] as const satisfies readonly (keyof MeterOptions)[];
