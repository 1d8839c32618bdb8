import type { ChargedCall } from '../book-charge.js';
import type { Charge } from '../charge.js';
import { succeeded } from '../jobs/job-settlement.js';
import type { CallEnd } from '../metered-call.js';
import { type Nanos, nanosToUsd } from '../money.js';
import { BalanceReader, type BalanceReaderTools } from './balance-reader.js';
import { type BalanceFacts, BalanceStates, type CreditsState } from './balance-states.js';
import type { CreditsSettings } from './credits-options.js';
import { isAhead } from './is-ahead.js';
import { RefillWatch } from './refill-watch.js';
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
  /** At the rate of the last hour; absent when nothing was spent, for the first 15 minutes, and when a refill can be counted on. */
  readonly hoursLeft?: number;
}

/** A read that old says nothing about a 402 of now. */
const STALE_INTERVALS = 3;

/** How long a 402 says that nothing is left, where there is no circuit. */
const LAPSE_MS = 5_000;

export interface WatchTools extends BalanceReaderTools {
  /** The calls between reserve and settle, with what each is expected to cost. */
  readonly inFlight: () => ReadonlyMap<string, Nanos>;
  /** Whether Eden AI has refused each key of the account that is in use. */
  readonly isAccountRefused: () => boolean;
  /** Credits were bought, or are there again. */
  readonly refilled: (wasExhausted: boolean) => void;
  /** How long a 402 says that nothing is left: as long as the circuit denies calls. Default 5,000 ms. */
  readonly lapseMs?: number;
}

/** Watches the credits: keeps the balance that is read at intervals up to date by our own charges, and tells of changes. */
export class CreditsWatch {
  readonly #balance: RunningBalance;
  readonly #states: BalanceStates;
  readonly #reader: BalanceReader;
  readonly #books: UsageBooks;
  readonly #rate: SpendRate;
  /** A call was refused although something seemed to be left: the charges of calls in flight may show that nothing was. */
  #doubted = false;
  /** When Eden AI last refused a call, and no balance spoke against it. */
  #refusedAt: number | undefined;
  readonly #refill: RefillWatch | undefined;

  constructor(
    private readonly settings: CreditsSettings,
    private readonly tools: WatchTools,
  ) {
    const { clock, events, reader } = tools;
    const { autoRefill } = settings;
    this.#balance = new RunningBalance(autoRefill);
    this.#rate = new SpendRate(clock.now());
    this.#refill = autoRefill && new RefillWatch(autoRefill);
    this.#states = new BalanceStates({ ...settings, holdMs: settings.intervalMs }, (event) =>
      events.emit('balance', event),
    );
    this.#books = new UsageBooks(settings, reader, clock.now());
    this.#reader = new BalanceReader(settings, tools, {
      begin: () => this.#balance.begin(),
      abandon: () => this.#balance.abandon(),
      end: (balance) => this.#took(balance),
    });
  }

  /** Exhausted only for as long as that is known: where nobody calls because of it, nothing else would tell that it is over. */
  get state(): CreditsState {
    const { state } = this.#states;
    const now = this.tools.clock.now();
    const isKnown = this.#wasRefused(now) || (this.#isFresh(now) && this.#balance.nanos <= 0);
    return state === 'exhausted' && !isKnown ? 'unknown' : state;
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
    if (call.draws === 'no') return;
    const { amount, at, basis } = charge;
    this.#books.charged(charge, call, end);
    this.#rate.add(amount, at);
    this.#balance.spend({
      callId: charge.id,
      amount,
      isDoubtful: call.draws === 'maybe' || basis === 'estimated' || basis === 'rated',
      jobStartedAt: charge.jobId === undefined ? undefined : call.startedAt,
    });
    if (this.#doubted && this.#balance.certain <= 0) this.#refused();
    else this.#states.spent(this.#facts(), this.#balance.isEmpty);
    if (amount > 0 && succeeded(end) && this.#leftAfterRefusal(call, at)) this.resumed(call);
  }

  /** Whether a balance that was read lately says that a call with this key can be paid, if it is not too dear. */
  isKnownToPay({ draws }: Pick<ChargedCall, 'draws'>): boolean {
    return draws === 'yes' && this.#isFresh(this.tools.clock.now()) && this.#balance.certain > 0;
  }

  /**
   * Eden AI answered 402: for the account, unless a balance that was read lately says that it is the key's own budget. Where
   * there is none, another key that is not refused says the same.
   */
  paymentRequired({ draws }: Pick<ChargedCall, 'draws'>): void {
    if (draws === 'no') return;
    const isFresh = this.#isFresh(this.tools.clock.now());
    this.#doubted = isFresh && this.#balance.certain > 0;
    if (!this.#doubted && (isFresh || this.tools.isAccountRefused())) this.#refused();
  }

  #refused(): void {
    this.#doubted = false;
    this.#refusedAt = this.tools.clock.now();
    this.#balance.refused();
    this.#states.refused(this.#facts());
  }

  /** Eden AI answers a key again that it had refused. */
  resumed({ draws }: Pick<ChargedCall, 'draws'>): void {
    if (draws === 'no') return;
    this.#doubted = false;
    this.#refusedAt = undefined;
    this.#states.resumed(this.#facts());
  }

  #isFresh(now: number): boolean {
    const { readAt } = this.#balance;
    return readAt !== undefined && now - readAt <= STALE_INTERVALS * this.settings.intervalMs;
  }

  #wasRefused(now: number): boolean {
    const { lapseMs = LAPSE_MS } = this.tools;
    return this.#refusedAt !== undefined && isAhead(this.#refusedAt + lapseMs, now, lapseMs);
  }

  /** A call that left after the last 402, with another key or when that no longer counts, shows that credits are there. */
  #leftAfterRefusal({ startedAt }: ChargedCall, now: number): boolean {
    if (this.#refusedAt === undefined || startedAt <= this.#refusedAt) return false;
    return !this.#wasRefused(now) || !this.tools.isAccountRefused();
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
    const { bought, rise, spentElsewhere } = this.#balance.end(read, at, inFlight());
    this.#rate.add(spentElsewhere, at);
    const facts = this.#facts();
    const wasExhausted = this.#states.state === 'exhausted';
    this.#states.read(facts, bought);
    if (read > 0) this.#refusedAt = undefined;
    if (read > 0 && (bought > 0 || wasExhausted)) refilled(wasExhausted);
    if (this.#refill?.isOverdue(read, rise, at)) this.#states.unrefilled(facts);
  }
}
