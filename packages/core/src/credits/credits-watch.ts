import type { ChargedCall } from '../book-charge.js';
import type { Charge } from '../charge.js';
import type { CallEnd } from '../metered-call.js';
import { type Nanos, nanosToUsd } from '../money.js';
import { BalanceReader, type BalanceReaderTools } from './balance-reader.js';
import { type BalanceFacts, BalanceStates, type CreditsState } from './balance-states.js';
import type { CreditsSettings } from './credits-options.js';
import { RunningBalance } from './running-balance.js';
import { SpendRate } from './spend-rate.js';
import { UsageBooks } from './usage-books.js';
import type { UsageQuery } from './usage-query.js';
import type { UsageReport } from './usage-report.js';

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

/** A read that old says nothing about a 402 of now. */
const STALE_INTERVALS = 3;

export interface WatchTools extends BalanceReaderTools {
  /** The calls between reserve and settle. */
  readonly inFlight: () => Iterable<string>;
  /** Credits were bought. */
  readonly refilled: () => void;
}

/** Watches the credits: keeps the balance that is read at intervals up to date by our own charges, and tells of changes. */
export class CreditsWatch {
  readonly #balance: RunningBalance;
  readonly #states: BalanceStates;
  readonly #reader: BalanceReader;
  readonly #books: UsageBooks;
  readonly #rate = new SpendRate();
  /** A call was refused although something seemed to be left: the charges of calls in flight may show that nothing was. */
  #doubted = false;
  #belowSince: number | undefined;
  #toldUnrefilled = false;

  constructor(
    private readonly settings: CreditsSettings,
    private readonly tools: WatchTools,
  ) {
    const { clock, events, reader } = tools;
    this.#balance = new RunningBalance(settings.autoRefill);
    this.#states = new BalanceStates(settings, (event) => events.emit('balance', event));
    this.#books = new UsageBooks(settings, reader, clock.now());
    this.#reader = new BalanceReader(settings, tools, {
      begin: () => this.#balance.begin(),
      abandon: () => this.#balance.abandon(),
      end: (balance) => this.#took(balance),
    });
  }

  get state(): CreditsState {
    return this.#states.state;
  }

  start(): void {
    this.#reader.start();
  }

  stop(): void {
    this.#reader.stop();
  }

  balance(): CreditsBalance | undefined {
    const { readAt, nanos, basis } = this.#balance;
    if (readAt === undefined) return undefined;
    const { hoursLeft } = this.#facts();
    const ageMs = Math.max(0, this.tools.clock.now() - readAt);
    return { usd: nanosToUsd(nanos), nanos, basis, ageMs, ...(hoursLeft !== undefined && { hoursLeft }) };
  }

  usage(query: UsageQuery): Promise<UsageReport> {
    return this.#books.compare(query);
  }

  charged(charge: Charge, call: ChargedCall, end: CallEnd): void {
    const { amount, at, basis } = charge;
    this.#books.charged(charge, call, end);
    this.#rate.add(amount, at);
    this.#balance.spend({
      callId: charge.id,
      amount,
      isGuess: basis === 'estimated' || basis === 'rated',
      jobStartedAt: charge.jobId === undefined ? undefined : call.startedAt,
    });
    if (this.#doubted && this.#balance.certain <= 0) this.#refused();
    else this.#states.spent(this.#facts());
  }

  /** Eden AI answered 402: for the account, unless a balance that was read lately says that it is the key's own budget. */
  paymentRequired(): void {
    const { readAt, certain } = this.#balance;
    const isStale =
      readAt === undefined || this.tools.clock.now() - readAt > STALE_INTERVALS * this.settings.intervalMs;
    this.#doubted = !isStale && certain > 0;
    if (!this.#doubted) this.#refused();
  }

  #refused(): void {
    this.#doubted = false;
    this.#balance.refused();
    this.#states.refused(this.#facts());
  }

  /** Eden AI answers a key again that it had refused. */
  resumed(): void {
    this.#doubted = false;
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

  #took(read: Nanos): void {
    const { clock, inFlight, refilled } = this.tools;
    const at = clock.now();
    this.#doubted = false;
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
}
