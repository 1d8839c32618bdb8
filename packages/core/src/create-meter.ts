import { EdenMeter } from './eden-meter.js';
import { OptionsError } from './errors.js';
import type { Logger } from './log/logger.js';
import type { Meter } from './meter.js';
import type { MeterOptions } from './options/options.js';
import { resolveOptions } from './options/settings.js';
import { processState, realm } from './process-state.js';

/**
 * Makes a meter, and (unless `intercept: false`) puts its interception in place. One intercepting meter a process:
 * close it before making another.
 *
 * @throws {OptionsError} `ERR_COST_OPTIONS` for an option that is wrong, or when a meter is installed already
 */
export const createMeter = (options: MeterOptions = {}): Meter => makeMeter(options);

/** With a logger for an app that names none: there, a request's own logger comes before it. */
export function makeMeter(options: MeterOptions, defaultLogger?: () => Logger): Meter {
  const settings = resolveOptions(options);
  const { installed } = processState;
  if (!settings.intercept) return new EdenMeter(settings, defaultLogger);
  if (installed?.realm === realm) {
    throw new OptionsError(
      'A meter is installed in this process already. Use that one (costAware(meter)), or await meter.close() first',
    );
  }
  // each Jest test file is a realm of its own: what the one before it left behind would meter on, unseen
  installed?.uninstall();
  const meter = new EdenMeter(settings, defaultLogger);
  processState.installed = { realm, meter, uninstall: () => meter.uninstall() };
  if (settings.mode !== 'off') meter.install();
  return meter;
}

/** The meter that is installed in this process, by whichever copy of this package. */
export function meterInProcess(): Meter | undefined {
  const { installed } = processState;
  return installed !== undefined && installed.realm === realm ? installed.meter : undefined;
}

/** True for a meter, also one of another copy of this package. */
export const isMeter = (value: unknown): value is Meter =>
  typeof value === 'object' &&
  value !== null &&
  typeof (value as Partial<Meter>).open === 'function' &&
  typeof (value as Partial<Meter>).snapshot === 'function';
