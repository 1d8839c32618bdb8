import type { ResolvedBudget } from '../budget/budget.js';
import type { Charge } from '../charge.js';
import type { Denial, DenialStatus } from '../denial.js';
import type { Nanos } from '../money.js';
import { nanosToUsd } from '../money.js';
import { processState } from '../process-state.js';
import type { BudgetName } from '../register.js';
import { type LabelSource, Labels, type LabelValue } from './labels.js';
import { keepInside } from './lazy-thenable.js';
import { RunningCharges } from './running-charges.js';

/** What is left of one budget that applies to a scope. */
export interface Remaining {
  readonly budget: string;
  /** `Infinity` when the budget has no limit for this scope. Never below 0. */
  readonly remainingUsd: number;
  /** Held by calls in flight. */
  readonly heldUsd: number;
  /** When the window ends; absent for `request` and `total`. */
  readonly resetsAt?: Date;
}

/** What `check` looks at. */
export interface CheckOptions {
  /** Only this budget. Default: all that apply. */
  readonly budget?: BudgetName;
  /** Room for how much, in USD. Default: the budget's estimate of one call. */
  readonly estimateUsd?: number;
}

/** What one incoming request (or job run) and its calls are attributed to. */
export interface CostScope {
  readonly id: string;
  /** As they are now: a frozen object, which later labels are not in. {@link label} sets one. */
  readonly labels: Readonly<Record<string, string>>;
  /** Sets a label; `undefined`, `null` and `''` change nothing. */
  label(key: string, value: LabelValue): this;
  /** What the scope's calls have cost so far, in USD, for display. */
  readonly totalUsd: number;
  /** The same, exact, in nano-USD. */
  readonly totalNanos: Nanos;
  /** The latest 1,000 charges; the totals count all of them. */
  readonly charges: readonly Charge[];
  /** The latest 1,000 denials. */
  readonly denials: readonly Denial[];
  /**
   * What is left of the budgets that apply here, or of the named one.
   *
   * @throws {OptionsError} `ERR_COST_OPTIONS` when no budget has that name
   */
  remaining(budget?: BudgetName): Promise<Remaining[]>;
  /**
   * Rejects when a budget that applies has no room for one more call, or Eden AI's 402 of a moment ago says that it would
   * not be paid for. Holds nothing.
   *
   * @throws {BudgetExceededError} `ERR_COST_BUDGET_EXCEEDED`
   * @throws {CreditsExhaustedError} `ERR_COST_CREDITS_EXHAUSTED`
   * @throws {LedgerUnavailableError} `ERR_COST_LEDGER_UNAVAILABLE`
   * @throws {OptionsError} `ERR_COST_OPTIONS` when no budget has that name
   */
  check(options?: CheckOptions): Promise<void>;
  /** Forgets the cached limits of this scope's plan: call it after an upgrade. */
  refresh(): void;
  /** Runs `fn` inside this scope: for callbacks that lose the async context, such as `req.on('end')`. */
  run<T>(fn: () => T): T;
}

/** What a scope asks its meter for. */
export interface ScopeMeter {
  check(scope: Scope, options: CheckOptions): Promise<void>;
  remaining(scope: Scope, budget?: string): Promise<Remaining[]>;
  refresh(scope: Scope): void;
  labelsFailed(cause: unknown): void;
}

const NO_BUDGETS: readonly ResolvedBudget[] = Object.freeze([]);
const NO_NAMES: ReadonlySet<string> = new Set();
const NO_STATUS: DenialStatus = Object.freeze({});

export class Scope implements CostScope {
  /** Budgets beyond the meter's own: of a second `costAware` on the way, and inline ones of the route. */
  budgets: readonly ResolvedBudget[] = NO_BUDGETS;
  /** Budgets with `routes: 'named'` that the route named. */
  named = NO_NAMES;
  /** Budgets that the route is not denied by. */
  skipped = NO_NAMES;
  /** Nor by any other that is not mandatory. */
  skipsAll = false;
  /** The status that the adapter answers with, for each reason of denial. */
  status: DenialStatus = NO_STATUS;
  readonly running: RunningCharges;
  readonly parts: Scope[] = [];
  readonly #labels: Labels;
  #calls = 0;

  /** @param whole what this is a {@link part} of */
  constructor(
    readonly id: string,
    private readonly meter: ScopeMeter,
    private readonly whole?: Scope,
  ) {
    this.running = whole?.running ?? new RunningCharges();
    this.#labels = whole ? whole.#labels.copy() : new Labels((cause) => meter.labelsFailed(cause));
  }

  /** For one handler of several: what it costs counts in the whole; labels, budgets and skips are its own. */
  part(): Scope {
    const part = new Scope(this.id, this.meter, this.owner);
    const { budgets, named, skipped, skipsAll, status } = this.owner;
    Object.assign(part, { budgets, named, skipped, skipsAll, status });
    this.owner.parts.push(part);
    return part;
  }

  /** What the account of a `request` budget belongs to. */
  get owner(): Scope {
    return this.whole ?? this;
  }

  /** An id for one more call: random ones of their own would take longer to make. */
  nextCallId(): string {
    const { owner } = this;
    owner.#calls += 1;
    return `${owner.id}-${owner.#calls}`;
  }

  get finished(): boolean {
    return this.running.finished;
  }

  get charges(): readonly Charge[] {
    return this.running.charges;
  }

  get denials(): readonly Denial[] {
    return this.running.denials;
  }

  get labels(): Readonly<Record<string, string>> {
    return this.#labels.read();
  }

  label(key: string, value: LabelValue): this {
    this.#labels.set(key, value);
    return this;
  }

  labelsFrom(source: LabelSource): void {
    this.#labels.from(source);
  }

  get totalNanos(): Nanos {
    return this.running.tally.nanos;
  }

  get totalUsd(): number {
    return nanosToUsd(this.running.tally.nanos);
  }

  remaining(budget?: string): Promise<Remaining[]> {
    return this.meter.remaining(this, budget);
  }

  check(options: CheckOptions = {}): Promise<void> {
    return this.meter.check(this, options);
  }

  refresh(): void {
    this.meter.refresh(this);
  }

  run<T>(fn: () => T): T {
    const { storage } = processState;
    // on Node 24 a context that is entered again is made again
    const result = storage.getStore() === this ? fn() : storage.run(this, fn);
    return keepInside(result, (work) => storage.run(this, work));
  }

  addCharge(charge: Charge): void {
    this.running.addCharge(charge);
  }

  addDenial(denial: Denial): void {
    this.running.addDenial(denial);
  }

  addPending(model: string | undefined): void {
    this.running.addPending(model);
  }

  addFailure(model: string | undefined): void {
    this.running.addFailure(model);
  }
}
