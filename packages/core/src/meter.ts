import type { ResolvedBudget } from './budget/budget.js';
import type { Snapshot } from './counters.js';
import type { CreditsState } from './credits/balance-states.js';
import type { MeterCredits } from './credits/meter-credits.js';
import type { DenialStatus } from './denial.js';
import type { MeterEvents } from './events.js';
import type { MeterJobs } from './jobs/job-settler.js';
import type { TopUp } from './ledger/ledger.js';
import type { Logger } from './log/logger.js';
import type { ObservedDenial } from './observed-denials.js';
import type { Mode } from './options/options.js';
import type { BudgetName } from './register.js';
import type { LabelSource, LabelValue } from './scope/labels.js';
import type { CostScope, Remaining } from './scope/scope.js';

/** Watches a process's outbound calls to Eden AI: prices, attributes, limits and reports them. */
export interface Meter {
  /** `off` when the environment says `EDEN_COST=off`: then nothing is metered, held or logged. */
  readonly mode: Mode | 'off';
  /** A fetch that is metered whether or not anything is intercepted: for SDKs that take one. */
  readonly fetch: typeof globalThis.fetch;
  /** Runs `fn` in a scope of its own, and logs its cost when it is done: for jobs, queues and scripts. */
  run<T>(init: RunInit, fn: () => T): T;
  /** A function that keeps the present scope, for in-process queues, which run it in somebody else's. */
  bind<F extends (...args: never[]) => unknown>(fn: F): F;
  /** The scope that calls made now are attributed to. */
  current(): CostScope | undefined;
  /** Meters another copy of undici than the runtime's own: `meter.instrument(await import('undici'))`. */
  instrument(undici: unknown): void;
  /** Listens to an event. Returns what ends that. A listener that throws never breaks a call. */
  on<E extends keyof MeterEvents>(event: E, listener: (event: MeterEvents[E]) => void): () => void;
  /**
   * What is left of the budgets that apply to these labels (windows `request` excepted).
   *
   * @throws {LedgerUnavailableError} `ERR_COST_LEDGER_UNAVAILABLE` (rejects)
   */
  remaining(labels?: Record<string, LabelValue>): Promise<Remaining[]>;
  /**
   * Raises what one account may spend in its present window.
   *
   * @param budget the budget's name
   * @param value the label's value, for a budget with `by`; `undefined` for one without
   * @param usd by how much
   * @param note who did it, and why: kept in the ledger; with an `id`, it may be repeated and counts once
   * @throws {OptionsError} `ERR_COST_OPTIONS`
   * @throws {LedgerUnavailableError} `ERR_COST_LEDGER_UNAVAILABLE`: the ledger cannot be asked, and may yet have booked it
   */
  topUp(
    budget: BudgetName,
    value: string | undefined,
    usd: number,
    note: { actor: string; reason: string; id?: string },
  ): Promise<void>;
  /**
   * The top-ups of one account in its present window, the earliest first; amounts in nano-USD.
   *
   * @param budget the budget's name
   * @param value as in {@link Meter.topUp}
   * @throws {OptionsError} `ERR_COST_OPTIONS` (rejects), also when the ledger cannot read them back
   */
  topUps(budget: BudgetName, value?: string): Promise<readonly TopUp[]>;
  /** What observe mode would have denied since the start, by budget and label, the dearest first. */
  observed(): readonly ObservedDenial[];
  /**
   * Resolves when the ledger has started, and rejects with its reason when it has not. Without anybody who asks, a ledger
   * that cannot work as it is set up ends the process, and one that cannot be reached counts as down.
   */
  ready(): Promise<void>;
  /** The prepaid balance at Eden AI, and what Eden AI says was consumed. */
  readonly credits: MeterCredits;
  /** Settles jobs whose results come by webhook. */
  readonly jobs: MeterJobs;
  /**
   * For a readiness probe. Spends no money, and asks Eden AI for nothing.
   *
   * @param options `amounts: true`: the balance too
   */
  health(options?: HealthOptions): Promise<Health>;
  /** Counters since the start. */
  snapshot(): Snapshot;
  /**
   * Unhooks, lets calls in flight settle, stops all timers, and says what is left. The ledger's own client stays open.
   *
   * @param options `timeoutMs`: how long to wait for calls in flight, default 5,000; `Infinity`: for all of them. A ledger that
   * hangs may take a second more
   * @throws {OptionsError} `ERR_COST_OPTIONS` (rejects) for a time that is none
   */
  close(options?: { timeoutMs?: number }): Promise<Closed>;

  /** For adapters: a scope for one incoming request. */
  open(init: OpenInit): OpenScope;
  /**
   * For adapters: the budget of that name.
   *
   * @throws {OptionsError} `ERR_COST_OPTIONS`, with the nearest name
   */
  budget(name: string): ResolvedBudget;
  /** For adapters: all budgets that are known by now. */
  budgets(): readonly ResolvedBudget[];
  /** For adapters: takes a patch of theirs back when the meter is closed. False when it had to stay, inert. */
  onClose(undo: () => boolean): void;
  /**
   * For adapters: takes in budgets that a further middleware brings, so that {@link Meter.budget} finds them.
   *
   * @throws {OptionsError} `ERR_COST_OPTIONS` for a name that another budget has
   */
  take(budgets: readonly ResolvedBudget[]): void;
}

export interface RunInit {
  /** A function is read when a label is first needed, and may fail: the labels are missing then. */
  readonly labels?: Record<string, LabelValue> | (() => Record<string, LabelValue>);
}

export interface HealthOptions {
  /** Whether the balance is said, as far as it is known. Default `false`: a probe's answer is often public. */
  readonly amounts?: boolean;
}

/** How the credits at Eden AI are. */
export interface CreditsHealth {
  /**
   * `off`: nothing watches them (option `credits`); `exhausted` only for as long as that is known: where the balance cannot be
   * read, `circuit.openMs` after Eden AI's last 402 (without a circuit 5,000 ms), and then `unknown`.
   */
  readonly state: CreditsState | 'off';
  /** `open`: Eden AI has answered 402, and calls with at least one API key are denied here now. */
  readonly circuit: 'open' | 'closed';
  /** Only where it is asked for. */
  readonly balanceUsd?: number;
}

export interface Health {
  /** `degraded`: the ledger does not answer, or has yet to be told of what happened while it did not. */
  readonly status: 'up' | 'degraded' | 'off';
  readonly mode: Mode | 'off';
  readonly ledger: { readonly name: string; readonly reachable: boolean };
  readonly credits: CreditsHealth;
  readonly callsInFlight: number;
}

export interface Closed {
  /** False when another package wrapped a patched slot after us: our function stays there, and passes everything on. */
  readonly restored: boolean;
  /** Calls that were still in flight, or that the ledger had not been told of, when the time was up. */
  readonly unsettled: number;
}

/** What an adapter knows of an incoming request. Functions are called when their answer is first needed. */
export interface OpenInit {
  readonly labels?: LabelSource;
  readonly status?: DenialStatus;
  /** The request's own logger. Not used where the options name one, or `false`. */
  readonly logger?: () => Logger | undefined;
  /** What the cost line says beside `edenai` and `responseTime`: `req` and `res`. */
  readonly describe?: () => Record<string, unknown>;
}

/** A scope that an adapter opened. */
export interface OpenScope {
  readonly scope: CostScope;
  readonly meter: Meter;
  /** A second middleware on the way adds its labels and budgets. */
  add(init: { labels?: LabelSource; budgets?: readonly ResolvedBudget[]; status?: DenialStatus }): void;
  /** A route names a budget, or brings its own. */
  name(budget: ResolvedBudget): void;
  /** A route is not denied by these budgets; without names, by none that is not mandatory. Its spend is booked all the same. */
  skip(names: readonly string[]): void;
  /**
   * A part of it, for a handler of a request that comes to several: its labels, budgets and skips are its own, what it
   * costs counts in the whole, and finishes with that.
   */
  part(): OpenScope;
  /** The status for each reason of denial. */
  readonly status: DenialStatus;
  /** The request has been answered, or its client is gone: writes the cost line. */
  finish(state: { aborted: boolean }): void;
}
