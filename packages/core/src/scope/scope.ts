import type { ResolvedBudget } from '../budget/budget.js';
import type { Charge } from '../charge.js';
import type { Denial, DenialStatus } from '../denial.js';
import type { Nanos } from '../money.js';
import { nanosToUsd } from '../money.js';
import { processState } from '../process-state.js';
import { type LabelSource, Labels, type LabelValue } from './labels.js';
import { Tally } from './tally.js';

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
  readonly budget?: string;
  /** Room for how much, in USD. Default: the budget's estimate of one call. */
  readonly estimateUsd?: number;
}

/** What one incoming request (or job run) and its calls are attributed to. */
export interface CostScope {
  readonly id: string;
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
  remaining(budget?: string): Promise<Remaining[]>;
  /**
   * Rejects when a budget that applies has no room for one more call. Holds nothing.
   *
   * @throws {BudgetExceededError} `ERR_COST_BUDGET_EXCEEDED`
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

const KEPT = 1_000;

export class Scope implements CostScope {
  readonly charges: Charge[] = [];
  readonly denials: Denial[] = [];
  /** Everything so far. */
  readonly tally = new Tally();
  /** What no log line has told yet. */
  untold = new Tally();
  /** Budgets beyond the meter's own: of a second `costAware` on the way, and inline ones of the route. */
  readonly budgets: ResolvedBudget[] = [];
  /** Budgets with `routes: 'named'` that the route named. */
  readonly named = new Set<string>();
  /** Budgets that the route is not denied by: names, or all that are not mandatory. */
  readonly skipped: { all: boolean; readonly names: Set<string> } = { all: false, names: new Set() };
  /** The status that the adapter answers with, for each reason of denial. */
  status: DenialStatus = {};
  /** Set once the incoming request has been answered (or its client is gone): what comes later is late. */
  finished = false;
  /** Called for each charge that comes after that. */
  onLate: (() => void) | undefined;
  readonly #labels: Labels;

  constructor(
    readonly id: string,
    private readonly meter: ScopeMeter,
  ) {
    this.#labels = new Labels((cause) => meter.labelsFailed(cause));
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
    return this.tally.nanos;
  }

  get totalUsd(): number {
    return nanosToUsd(this.tally.nanos);
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
    return processState.storage.run(this, fn);
  }

  addCharge(charge: Charge): void {
    keep(this.charges, charge);
    this.tally.charge(charge);
    this.untold.charge(charge);
    if (this.finished) this.onLate?.();
  }

  addDenial(denial: Denial): void {
    keep(this.denials, denial);
    this.tally.denied(denial.model);
    this.untold.denied(denial.model);
    if (this.finished) this.onLate?.();
  }

  addPending(model: string | undefined): void {
    this.tally.pending(model);
    this.untold.pending(model);
  }

  addFailure(model: string | undefined): void {
    this.tally.failed(model);
    this.untold.failed(model);
    if (this.finished) this.onLate?.();
  }

  /** Hands over what no log line has told yet. */
  takeUntold(): Tally {
    const told = this.untold;
    this.untold = new Tally();
    return told;
  }
}

function keep<T>(list: T[], item: T): void {
  list.push(item);
  if (list.length > KEPT) list.shift();
}
