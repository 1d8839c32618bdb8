import type { ChargedCall } from '../book-charge.js';
import type { Charge } from '../charge.js';
import type { Clock, Timer } from '../clock.js';
import type { AnswerFacts } from '../edenai/answer-facts.js';
import { readBalance } from '../edenai/balance.js';
import type { CallKind } from '../edenai/classify.js';
import { readConsumption } from '../edenai/consumption.js';
import { featureOf, providerIn } from '../edenai/feature.js';
import type { Share } from '../edenai/provider-answers.js';
import { EdenReadError } from '../errors.js';
import type { Events } from '../events.js';
import type { CallEnd } from '../metered-call.js';
import { type Nanos, nanosToUsd } from '../money.js';
import { type BalanceFacts, BalanceStates, type CreditsState } from './balance-states.js';
import type { CreditsSettings } from './credits-options.js';
import { DailyTotals } from './daily-totals.js';
import { type EdenReader, known } from './eden-reader.js';
import { RunningBalance } from './running-balance.js';
import { SpendRate } from './spend-rate.js';
import { compareUsage, dayAfter, daysOf, type UsageQuery, type UsageReport } from './usage-report.js';

/** What is left of the prepaid credits. */
export interface CreditsBalance {
  /** For display. Calls that are answered at the same time may take it below 0. */
  readonly usd: number;
  /** Exact, in nano-USD. */
  readonly nanos: Nanos;
  /**
   * `reported`: as Eden AI said it; `estimated`: that, less what this process was charged since; `projected`: with a refill
   * that can be counted on (`autoRefill`), and that no read has seen yet.
   */
  readonly basis: 'reported' | 'estimated' | 'projected';
  /** Since it was last read, in milliseconds. */
  readonly ageMs: number;
  /** At the rate of the last hour; absent when nothing was spent, or a refill can be counted on. */
  readonly hoursLeft?: number;
}

/** By provider; where the parts are not what was booked, as with BYOK or a guess, all of it is the first one's. */
function sharesOf({ amount, model, provider }: Charge, kind: CallKind, { shares = [] }: AnswerFacts): readonly Share[] {
  if (shares.reduce((sum, { nanos }) => sum + nanos, 0) === amount && shares.length > 0) return shares;
  return [{ provider: provider ?? shares[0]?.provider ?? providerIn(kind, model), nanos: amount }];
}

/** An endpoint that is gone is asked again this often: it may have been a proxy's doing. */
const GONE_RETRY_MS = 3_600_000;

/** A read that old says nothing about a 402 of now. */
const STALE_INTERVALS = 3;

/** Clocks that differ by more put charges on another day than Eden AI does. */
const SKEW_MS = 300_000;

export interface WatchTools {
  readonly clock: Clock;
  readonly events: Events;
  readonly reader: EdenReader;
  /** The calls between reserve and settle. */
  readonly inFlight: () => Iterable<string>;
  /** Credits were bought. */
  readonly refilled: () => void;
}

/** Watches the credits: reads the balance at intervals, keeps it up to date by our own charges, and tells of changes. */
export class CreditsWatch {
  readonly #balance: RunningBalance;
  readonly #states: BalanceStates;
  readonly #rate = new SpendRate();
  readonly #totals = new DailyTotals();
  readonly #since: number;
  #timer: Timer | undefined;
  #belowSince: number | undefined;
  #toldUnrefilled = false;
  /** What keeps the balance from being read, while it does: told once. */
  #trouble: string | undefined;
  #toldSkew = false;

  constructor(
    private readonly settings: CreditsSettings,
    private readonly tools: WatchTools,
  ) {
    this.#balance = new RunningBalance(settings.autoRefill);
    this.#states = new BalanceStates(settings, (event) => tools.events.emit('balance', event));
    this.#since = tools.clock.now();
  }

  get state(): CreditsState {
    return this.#states.state;
  }

  start(): void {
    void this.#read();
  }

  stop(): void {
    this.#timer?.cancel();
    this.tools.reader.stop();
  }

  balance(): CreditsBalance | undefined {
    const { readAt, nanos, basis } = this.#balance;
    if (readAt === undefined) return undefined;
    const { hoursLeft } = this.#facts();
    const ageMs = Math.max(0, this.tools.clock.now() - readAt);
    return { usd: nanosToUsd(nanos), nanos, basis, ageMs, ...(hoursLeft !== undefined && { hoursLeft }) };
  }

  /** @throws {EdenReadError} `ERR_COST_EDEN_READ` (rejects) */
  async usage(query: UsageQuery): Promise<UsageReport> {
    const days = daysOf(query);
    const { usageUrl, managementKey, apiKey } = this.settings;
    const url = new URL(usageUrl);
    // the last day is included in v2, and not in v3
    const end = managementKey === undefined ? days.to : dayAfter(days.to);
    for (const [name, value] of Object.entries({ begin: days.from, end, step: '1' })) url.searchParams.set(name, value);
    if (query.token !== undefined) url.searchParams.set('token', query.token);
    const what = `the consumption (GET ${url.pathname})`;
    const { body } = await this.tools.reader.read(what, url.href, managementKey ?? apiKey);
    const reported = known(what, readConsumption(body)).filter(({ day }) => day >= days.from && day <= days.to);
    return compareUsage(days, reported, this.#totals.between(days.from, days.to), new Date(this.#since));
  }

  charged(charge: Charge, { kind, startedAt }: ChargedCall, { facts }: CallEnd): void {
    const { amount, at, basis } = charge;
    const feature = featureOf(kind, charge.model);
    for (const { provider, nanos } of sharesOf(charge, kind, facts)) this.#totals.add(at, feature, provider, nanos);
    this.#rate.add(amount, at);
    this.#balance.spend({
      callId: charge.id,
      amount,
      isGuess: basis === 'estimated' || basis === 'rated',
      jobStartedAt: charge.jobId === undefined ? undefined : startedAt,
    });
    this.#states.spent(this.#facts());
  }

  /** Eden AI answered 402: for the account, unless a balance that was read lately says that it is the key's own budget. */
  paymentRequired(): void {
    const { readAt, certain } = this.#balance;
    const isStale =
      readAt === undefined || this.tools.clock.now() - readAt > STALE_INTERVALS * this.settings.intervalMs;
    if (!isStale && certain > 0) return;
    this.#balance.refused();
    this.#states.refused(this.#facts());
  }

  /** Eden AI answers a key again that it had refused. */
  resumed(): void {
    this.#states.resumed(this.#facts());
  }

  #facts(): BalanceFacts {
    const at = this.tools.clock.now();
    const { readAt, nanos, willRefill } = this.#balance;
    if (readAt === undefined) return { at, nanos: undefined, hoursLeft: undefined };
    const perHour = this.#rate.perHour(at);
    const hoursLeft = perHour > 0 && !willRefill ? Math.max(0, nanos) / perHour : undefined;
    return { at, nanos, hoursLeft };
  }

  async #read(): Promise<void> {
    const { clock, reader } = this.tools;
    const startedAt = clock.now();
    let wait = this.settings.intervalMs;
    this.#balance.begin();
    try {
      const what = `the balance (GET ${new URL(this.settings.balanceUrl).pathname})`;
      const { body, serverTime } = await reader.read(what, this.settings.balanceUrl, this.settings.apiKey);
      this.#took(known(what, readBalance(body)));
      this.#checkClock(serverTime);
    } catch (error) {
      this.#balance.abandon();
      if (reader.closed) return;
      wait = Math.max(wait, this.#failed(error));
    }
    if (reader.closed) return;
    const elapsed = Math.min(wait, Math.max(0, clock.now() - startedAt));
    this.#timer = clock.after(wait - elapsed, () => void this.#read());
  }

  #took(read: Nanos): void {
    const { clock, inFlight, refilled } = this.tools;
    const at = clock.now();
    this.#trouble = undefined;
    const { bought, spentElsewhere } = this.#balance.end(read, at, inFlight());
    this.#rate.add(spentElsewhere, at);
    const facts = this.#facts();
    const wasExhausted = this.state === 'exhausted';
    this.#states.read(facts, bought);
    if (read > 0 && (bought > 0 || wasExhausted)) refilled();
    this.#checkRefill(read, facts);
  }

  #checkRefill(read: Nanos, facts: BalanceFacts): void {
    const { autoRefill } = this.settings;
    if (autoRefill === undefined) return;
    if (read >= autoRefill.threshold) {
      this.#belowSince = undefined;
      this.#toldUnrefilled = false;
      return;
    }
    this.#belowSince ??= facts.at;
    if (this.#toldUnrefilled || facts.at - this.#belowSince < autoRefill.graceMs) return;
    this.#toldUnrefilled = true;
    this.#states.unrefilled(facts);
  }

  /** Returns how long not to ask again. */
  #failed(error: unknown): number {
    const {
      failure = 'failed',
      retryAfterMs = 0,
      message = 'The balance could not be read',
    } = error instanceof EdenReadError ? error : {};
    if (this.#trouble !== failure) {
      this.#trouble = failure;
      const cause = error instanceof EdenReadError ? error.cause : error;
      this.tools.events.emit('error', { problem: 'credits', message, cause });
    }
    return failure === 'gone' ? GONE_RETRY_MS : retryAfterMs;
  }

  #checkClock(serverTime: number | undefined): void {
    const skew = Math.round((this.tools.clock.now() - (serverTime ?? this.tools.clock.now())) / 1_000);
    if (Math.abs(skew) * 1_000 < SKEW_MS) {
      this.#toldSkew = false;
      return;
    }
    if (this.#toldSkew) return;
    this.#toldSkew = true;
    const message = `This machine's clock is ${Math.abs(skew)} s ${skew > 0 ? 'ahead of' : 'behind'} Eden AI's: charges may be on another day than in its reports, and windows end at another time. Set the clock (NTP)`;
    this.tools.events.emit('error', { problem: 'clock', message });
  }
}
