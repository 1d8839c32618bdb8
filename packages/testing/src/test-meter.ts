import { type Charge, createMeter, type Denial, type LogLine, type Meter, type MeterOptions } from '@eden-cost/core';
import { systemClock } from './clock.js';
import { type ManualClock, manualClock } from './manual-clock.js';

/** A meter that remembers everything it tells, and whose time stands still until it is moved. */
export interface TestMeter extends Meter {
  readonly clock: ManualClock;
  readonly charges: readonly Charge[];
  readonly denials: readonly Denial[];
  /** Every log line: one for each scope, and the operator's. */
  readonly lines: readonly LogLine[];
}

/**
 * A meter for tests of your own budgets, with a manual clock (it starts now) and no rate card. Close it after each test:
 * there is one intercepting meter a process.
 *
 * @param options as for `createMeter`
 * @throws {OptionsError} `ERR_COST_OPTIONS`
 */
export function testMeter(options: Omit<MeterOptions, 'clock' | 'logger'> = {}): TestMeter {
  const clock = manualClock(systemClock.now());
  const lines: LogLine[] = [];
  const charges: Charge[] = [];
  const denials: Denial[] = [];
  const meter = createMeter({ rateCard: false, ...options, clock, logger: (line) => lines.push(line) });
  meter.on('charge', (charge) => charges.push(charge));
  meter.on('denied', ({ enforced, ...denial }) => enforced && denials.push(denial));
  return Object.assign(meter, { clock, charges, denials, lines });
}
