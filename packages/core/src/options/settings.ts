import type { ResolvedBudget } from '../budget/budget.js';
import { resolveBudgets } from '../budget/resolve-budget.js';
import { type Clock, systemClock } from '../clock.js';
import { type CreditsSettings, resolveCredits } from '../credits/credits-options.js';
import { resolveTags, type TagName } from '../credits/tags-option.js';
import { type BaseUrl, DEFAULT_BASE_URLS, parseBaseUrl } from '../edenai/base-url.js';
import { type RateCard, type RateTable, rateCardOf } from '../edenai/rates.js';
import { OptionsError } from '../errors.js';
import { type JobsSettings, resolveJobs } from '../jobs/jobs-options.js';
import type { Ledger } from '../ledger/ledger.js';
import { isLogger, type LoggerOption } from '../log/logger.js';
import { costToNanos, type Nanos } from '../money.js';
import { flag, numberFrom, oneOf } from './option-values.js';
import { METER_OPTIONS, type MeterOptions, type Mode } from './options.js';
import { rejectUnknownKeys } from './unknown-keys.js';

/** The options, complete and checked. */
export interface Settings {
  readonly budgets: readonly ResolvedBudget[];
  readonly mode: Mode | 'off';
  readonly baseUrls: readonly BaseUrl[];
  readonly ledger: Ledger | undefined;
  readonly logger: LoggerOption | undefined;
  readonly logLabels: boolean | readonly string[];
  readonly intercept: boolean;
  readonly streamUsage: 'ask' | 'leave';
  readonly paymentRequired: 'auto' | 'respond' | 'throw';
  readonly waitMs: number;
  readonly rateCard: 'fetch' | false | RateCard;
  readonly maxCost: Nanos;
  readonly maxAccounts: number;
  readonly jobTtlMs: number;
  readonly reservationTtlMs: number;
  readonly credits: CreditsSettings | undefined;
  /** `undefined`: there is no circuit. */
  readonly circuitMs: number | undefined;
  readonly tags: readonly TagName[];
  readonly metadata: boolean;
  readonly jobs: JobsSettings;
  readonly clock: Clock;
}

/**
 * Checks the options and fills in the defaults.
 *
 * @throws {OptionsError} `ERR_COST_OPTIONS`: names the option, what is wrong with it, and the fix
 */
export function resolveOptions(options: MeterOptions, environment: NodeJS.ProcessEnv = process.env): Settings {
  if (typeof options !== 'object' || options === null) throw new OptionsError('The options must be an object');
  rejectUnknownKeys(options, METER_OPTIONS, 'options');
  const baseUrls = baseUrlsOf(options.baseUrls);
  const credits = resolveCredits(options.credits, options.autoRefill, baseUrls[0] as BaseUrl);
  return {
    budgets: resolveBudgets(options.budgets ?? []),
    mode: modeOf(options, environment),
    baseUrls,
    ledger: ledgerOf(options.ledger),
    logger: loggerOf(options.logger),
    logLabels: labelsOf(options.log),
    intercept: flag('intercept', options.intercept, true),
    streamUsage: oneOf('streamUsage', options.streamUsage ?? 'ask', ['ask', 'leave']),
    paymentRequired: oneOf('paymentRequired', options.paymentRequired ?? 'auto', ['auto', 'respond', 'throw']),
    waitMs: numberFrom('waitMs', options.waitMs ?? 1_000, 0),
    rateCard: rateCardOption(options.rateCard ?? 'fetch'),
    maxCost: maxCostOf(options.maxCostUsd ?? 1_000),
    maxAccounts: numberFrom('maxAccounts', options.maxAccounts ?? 100_000, 1),
    jobTtlMs: numberFrom('jobTtlMs', options.jobTtlMs ?? 86_400_000, 1_000),
    reservationTtlMs: numberFrom('reservationTtlMs', options.reservationTtlMs ?? 60_000, 1_000),
    credits,
    circuitMs: circuitOf(options.circuit),
    tags: resolveTags(options.tags),
    metadata: flag('metadata', options.metadata, false),
    jobs: resolveJobs(options.jobs, credits?.apiKey),
    clock: clockOf(options.clock),
  };
}

/** `EDEN_COST` is the operator's switch: it wins over the code. */
function modeOf({ mode = 'enforce' }: MeterOptions, { EDEN_COST }: NodeJS.ProcessEnv): Settings['mode'] {
  const configured = oneOf('mode', mode, ['enforce', 'observe']);
  if (EDEN_COST === undefined || EDEN_COST === '') return configured;
  const environment = oneOf('EDEN_COST (environment)', EDEN_COST.trim().toLowerCase(), ['off', 'observe', 'on']);
  return environment === 'on' ? 'enforce' : environment;
}

function baseUrlsOf(urls: MeterOptions['baseUrls']): readonly BaseUrl[] {
  if (urls === undefined) return DEFAULT_BASE_URLS;
  if (!Array.isArray(urls) || urls.length === 0) {
    throw new OptionsError('options.baseUrls must be a list of at least one URL, e.g. ["https://api.edenai.run"]');
  }
  return urls.map((url, index) => {
    const parsed = parseBaseUrl(url);
    if (parsed !== undefined) return parsed;
    throw new OptionsError(
      `options.baseUrls[${index}] is no base URL: give an http(s) URL without credentials, query or fragment, e.g. "https://api.edenai.run"`,
    );
  });
}

const LEDGER_METHODS = ['reserve', 'settle', 'release', 'extend', 'balances', 'topUp'] as const;

function ledgerOf(ledger: Ledger | undefined): Ledger | undefined {
  if (ledger === undefined) return undefined;
  const missing = LEDGER_METHODS.find((method) => typeof (ledger as Partial<Ledger> | null)?.[method] !== 'function');
  if (missing !== undefined) {
    throw new OptionsError(`options.ledger is no ledger (it has no method "${missing}"): give e.g. memoryLedger()`);
  }
  return ledger;
}

function loggerOf(logger: LoggerOption | undefined): LoggerOption | undefined {
  if (logger === undefined || logger === false || typeof logger === 'function' || isLogger(logger)) return logger;
  throw new OptionsError('options.logger must have info, warn and error methods, be a function of one line, or false');
}

function labelsOf(log: MeterOptions['log']): boolean | readonly string[] {
  if (log === undefined) return true;
  if (typeof log !== 'object' || log === null) throw new OptionsError('options.log must be an object: { labels }');
  rejectUnknownKeys(log, ['labels'], 'options.log');
  const { labels = true } = log;
  const valid =
    typeof labels === 'boolean' || (Array.isArray(labels) && labels.every((label) => typeof label === 'string'));
  if (!valid) throw new OptionsError('options.log.labels must be true, false, or a list of label names');
  return labels;
}

function rateCardOption(card: 'fetch' | false | RateTable): Settings['rateCard'] {
  if (card === 'fetch' || card === false) return card;
  const parsed = typeof card === 'object' && card !== null ? rateCardOf(card) : undefined;
  if (parsed !== undefined) return parsed;
  throw new OptionsError(
    'options.rateCard must be "fetch", false, or prices by model: { "openai/gpt-4o": { inputUsdPerToken: 2.5e-6, outputUsdPerToken: 1e-5 } }',
  );
}

function maxCostOf(usd: unknown): Nanos {
  const nanos = typeof usd === 'number' ? costToNanos(usd) : undefined;
  if (nanos === undefined || nanos === 0) throw new OptionsError('options.maxCostUsd must be an amount in USD above 0');
  return nanos;
}

function circuitOf(circuit: MeterOptions['circuit'] = {}): number | undefined {
  if (circuit === false) return undefined;
  if (typeof circuit !== 'object' || circuit === null) {
    throw new OptionsError('options.circuit must be { openMs }, or false');
  }
  rejectUnknownKeys(circuit, ['openMs'], 'options.circuit');
  return numberFrom('circuit.openMs', circuit.openMs ?? 5_000, 1);
}

function clockOf(clock: Clock | undefined): Clock {
  if (clock === undefined) return systemClock;
  if (typeof clock?.now !== 'function' || typeof clock.after !== 'function') {
    throw new OptionsError('options.clock must have the methods now() and after(ms, fn)');
  }
  return clock;
}
