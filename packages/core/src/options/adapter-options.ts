import { resolveLayer } from '../adapter.js';
import type { ResolvedBudget } from '../budget/budget.js';
import { isMeter, makeMeter, meterInProcess } from '../create-meter.js';
import { DEFAULT_STATUS, type DenialStatus } from '../denial.js';
import { OptionsError } from '../errors.js';
import type { Logger } from '../log/logger.js';
import type { Meter } from '../meter.js';
import type { LabelValue } from '../scope/labels.js';
import { METER_OPTIONS, type MeterOptions } from './options.js';
import { rejectUnknownKeys } from './unknown-keys.js';

/** The options of every adapter; `From` is the framework's own request or context. */
export interface AdapterOptions<From> extends MeterOptions {
  /** What a request's calls are attributed to. Read when it is first needed, so authentication may be mounted later. */
  labels?: (from: From) => Record<string, LabelValue>;
  /** The status for each kind of denial. Default `{ budget: 402, held: 429, credits: 402, ledger: 503 }`. */
  status?: DenialStatus;
}

export interface ConfiguredAdapter<From> {
  readonly meter: Meter;
  readonly labels: ((from: From) => Record<string, LabelValue>) | undefined;
  readonly status: DenialStatus | undefined;
  /** Budgets of this middleware alone: it is not the first of the process. */
  readonly budgets: readonly ResolvedBudget[] | undefined;
}

/**
 * For adapters: the first middleware of a process makes its meter; a further one brings labels and budgets.
 *
 * @param defaultLogger where lines go when the options name no logger, and a request has none of its own
 * @throws {OptionsError} `ERR_COST_OPTIONS`
 */
export function configureAdapter<From>(
  options: AdapterOptions<From> | Meter,
  defaultLogger: () => Logger,
): ConfiguredAdapter<From> {
  if (isMeter(options)) return { meter: options, labels: undefined, status: undefined, budgets: undefined };
  if (typeof options !== 'object' || options === null) throw new OptionsError('The options must be an object');
  rejectUnknownKeys(options, [...METER_OPTIONS, 'labels', 'status'], 'options');
  const { labels, status, ...meterOptions } = options;
  if (labels !== undefined && typeof labels !== 'function') {
    throw new OptionsError(
      'options.labels must be a function that returns labels, e.g. (req) => ({ tenant: req.user?.id })',
    );
  }
  if (status !== undefined) checkStatus(status);
  const present = meterInProcess();
  if (present !== undefined) {
    const budgets = resolveLayer(meterOptions);
    present.take(budgets);
    return { meter: present, labels, status, budgets };
  }
  return { meter: makeMeter(meterOptions, defaultLogger), labels, status, budgets: undefined };
}

function checkStatus(status: DenialStatus): void {
  if (typeof status !== 'object' || status === null) throw new OptionsError('options.status must be an object');
  rejectUnknownKeys(status, Object.keys(DEFAULT_STATUS), 'options.status');
  for (const [reason, code] of Object.entries(status)) {
    const valid = Number.isInteger(code) && code >= 400 && code <= 599;
    if (!valid) throw new OptionsError(`options.status.${reason} must be an HTTP error status from 400 to 599`);
  }
}
