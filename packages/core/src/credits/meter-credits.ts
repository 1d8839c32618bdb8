import { OptionsError } from '../errors.js';
import type { CreditsBalance, CreditsWatch } from './credits-watch.js';
import type { UsageQuery } from './usage-query.js';
import type { UsageReport } from './usage-report.js';

/** The prepaid credits at Eden AI, as far as the option `credits` lets the meter know them. */
export interface MeterCredits {
  /**
   * What is left, at once: what was last read, less what this process was charged since. `undefined` without the option
   * `credits`, and until a first read has succeeded.
   */
  balance(): CreditsBalance | undefined;
  /**
   * Reads Eden AI's own consumption report, and sets our charges beside it, by day (UTC), feature and provider.
   *
   * @throws {EdenReadError} `ERR_COST_EDEN_READ` (rejects) when it cannot be read
   * @throws {OptionsError} `ERR_COST_OPTIONS` (rejects) without the option `credits`, or for days that are none
   */
  usage(query: UsageQuery): Promise<UsageReport>;
}

export const meterCredits = (watch: CreditsWatch | undefined): MeterCredits => ({
  balance: () => watch?.balance(),
  async usage(query) {
    if (watch === undefined) throw new OptionsError('credits.usage() reads with a key of yours: give options.credits');
    return watch.usage(query);
  },
});
