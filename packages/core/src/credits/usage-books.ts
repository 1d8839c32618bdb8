import type { ChargedCall } from '../book-charge.js';
import type { Charge } from '../charge.js';
import type { AnswerFacts } from '../edenai/answer-facts.js';
import type { CallKind } from '../edenai/classify.js';
import { readConsumption } from '../edenai/consumption.js';
import { featureOf, providerIn } from '../edenai/feature.js';
import type { Share } from '../edenai/provider-answers.js';
import type { CallEnd } from '../metered-call.js';
import type { CreditsSettings } from './credits-options.js';
import { DailyTotals, dayAfter } from './daily-totals.js';
import { type EdenReader, known } from './eden-reader.js';
import { daysOf, type UsageQuery } from './usage-query.js';
import { compareUsage, type UsageReport } from './usage-report.js';

/** Our own charges, for a comparison with what Eden AI says was consumed. */
export class UsageBooks {
  readonly #totals = new DailyTotals();

  /** @param since when the first charge may have come */
  constructor(
    private readonly settings: CreditsSettings,
    private readonly reader: EdenReader,
    private readonly since: number,
  ) {}

  charged(charge: Charge, { kind }: ChargedCall, { facts }: CallEnd): void {
    const feature = featureOf(kind, charge.model, facts.feature);
    for (const { provider, nanos } of sharesOf(charge, kind, facts)) {
      this.#totals.add(charge.at, feature, provider, nanos);
    }
  }

  /**
   * @throws {EdenReadError} `ERR_COST_EDEN_READ` (rejects)
   * @throws {OptionsError} `ERR_COST_OPTIONS` (rejects) for days that are none
   */
  async compare(query: UsageQuery): Promise<UsageReport> {
    const days = daysOf(query);
    const { usageUrl, managementKey, apiKey } = this.settings;
    const url = new URL(usageUrl);
    // the last day is included in v2, and not in v3
    const end = managementKey === undefined ? days.to : dayAfter(days.to);
    for (const [name, value] of Object.entries({ begin: days.from, end, step: '1' })) url.searchParams.set(name, value);
    if (query.token !== undefined) url.searchParams.set('token', query.token);
    const what = `the consumption (GET ${url.pathname})`;
    const body = await this.reader.read(what, url.href, managementKey ?? apiKey);
    const reported = known(what, readConsumption(body)).filter(({ day }) => day >= days.from && day <= days.to);
    const chargedSince = new Date(Math.max(this.since, this.#totals.completeSince ?? 0));
    return compareUsage(days, reported, this.#totals.between(days.from, days.to), chargedSince);
  }
}

/** By provider; where the parts are not what was booked, as with BYOK or a guess, all of it is the first one's. */
function sharesOf({ amount, model, provider }: Charge, kind: CallKind, { shares = [] }: AnswerFacts): readonly Share[] {
  if (shares.length > 0 && shares.reduce((sum, { nanos }) => sum + nanos, 0) === amount) return shares;
  return [{ provider: provider ?? shares[0]?.provider ?? providerIn(kind, model), nanos: amount }];
}
