import { randomUUID } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { takeAwaitedBudgets } from './awaited-budgets.js';
import { bind } from './bind.js';
import type { ResolvedBudget } from './budget/budget.js';
import type { Parts } from './call.js';
import { systemClock } from './clock.js';
import type { Snapshot } from './counters.js';
import { EdenReader } from './credits/eden-reader.js';
import { type MeterCredits, meterCredits } from './credits/meter-credits.js';
import { OptionsError } from './errors.js';
import { Events, type MeterEvents } from './events.js';
import { Gate } from './gate.js';
import { healthOf } from './health.js';
import { wrapFetch } from './intercept/fetch.js';
import { innerFetch } from './intercept/inner-fetch.js';
import { Interception } from './interception.js';
import { JobSettler, type MeterJobs } from './jobs/job-settler.js';
import type { TopUp } from './ledger/ledger.js';
import { lineWriter, type WriteLine } from './log/line-writer.js';
import type { Logger } from './log/logger.js';
import { warnOfLogger } from './log/logger-warning.js';
import { OperatorLog } from './log/operator-log.js';
import type { Closed, Health, HealthOptions, Meter, OpenInit, OpenScope, RunInit } from './meter.js';
import type { ObservedDenial } from './observed-denials.js';
import { RequestScope, type ScopeTools } from './open-scope.js';
import type { Settings } from './options/settings.js';
import { makeParts } from './parts.js';
import { processState } from './process-state.js';
import { runInScope } from './run-in-scope.js';
import type { LabelValue } from './scope/labels.js';
import { type CostScope, type Remaining, Scope, type ScopeMeter } from './scope/scope.js';
import { scopeMeter } from './scope-budgets.js';
import { type TopUpNote, topUp, topUpsOf } from './top-up.js';

/** A ledger may take so long to let go of what it has open, even where the time is over. */
const LEDGER_CLOSES_MS = 1_000;

/** What {@link createMeter} makes. */
export class EdenMeter implements Meter {
  readonly fetch: typeof globalThis.fetch;
  readonly credits: MeterCredits;
  readonly jobs: MeterJobs;
  readonly #reader: EdenReader;
  readonly #events: Events;
  readonly #parts: Parts;
  readonly #gate: Gate;
  readonly #interception: Interception;
  readonly #scopeMeter: ScopeMeter;
  readonly #scopeTools: ScopeTools;
  readonly #write: WriteLine;
  readonly #log: OperatorLog;
  #ready: Promise<void> = Promise.resolve();
  #isAwaited = false;
  #closed: Promise<Closed> | undefined;

  constructor(
    private readonly settings: Settings,
    defaultLogger?: () => Logger,
  ) {
    this.#write = lineWriter(settings.logger ?? defaultLogger?.(), this.#lineFailed);
    this.#log = new OperatorLog(this.#write, settings.clock);
    this.#events = new Events((error) => (error.problem === 'log' ? warnOfLogger() : this.#log.error(error)));
    this.#parts = makeParts(settings, this.#events);
    this.#scopeMeter = scopeMeter(this.#parts);
    this.#scopeTools = {
      meter: this,
      clock: settings.clock,
      write: this.#write,
      asksForLogger: settings.logger === undefined,
      labels: settings.logLabels,
      take: (budget) => this.#parts.budgets.add(budget),
      failed: this.#lineFailed,
    };
    this.#gate = new Gate(this.#parts);
    this.#interception = new Interception(this.#gate);
    this.fetch = wrapFetch((input, init) => globalThis.fetch(input, init), this.#gate, true);
    this.credits = meterCredits(this.#parts.credits);
    this.#reader = new EdenReader(innerFetch, () => settings.clock.now());
    this.jobs = new JobSettler(this.#parts, this.#reader, settings.jobs);
    this.#start();
  }

  #start(): void {
    const { mode, baseUrls } = this.settings;
    const { budgets, ledger } = this.#parts;
    if (this.settings.intercept) {
      for (const name of takeAwaitedBudgets()) budgets.find(name);
    }
    if (mode === 'off') {
      this.#gate.close();
      return;
    }
    this.#log.listen(this.#events);
    const hosts = baseUrls.map(({ origin, prefix }) => origin + prefix);
    this.#log.started({ hosts, budgets: budgets.names, mode, ledger: ledger.name });
    this.#ready = Promise.resolve(ledger.start?.());
    this.#parts.credits?.start();
    this.#ready.catch((cause) => {
      // left uncaught, it ends the process, and says why
      if (cause instanceof OptionsError && !this.#isAwaited) throw cause;
    });
  }

  ready(): Promise<void> {
    this.#isAwaited = true;
    return this.#ready;
  }

  get mode(): Settings['mode'] {
    return this.settings.mode;
  }

  install(): void {
    this.#interception.install((call) => this.#events.emit('unmetered', call));
  }

  /** False when a patch had to stay, inert, because somebody wrapped it after us. */
  uninstall(): boolean {
    return this.#interception.uninstall();
  }

  open(init: OpenInit): OpenScope {
    this.#interception.scopeOpened();
    this.#parts.unattributed.scopeOpened();
    return new RequestScope(new Scope(randomUUID(), this.#scopeMeter), this.#scopeTools, init);
  }

  budget(name: string): ResolvedBudget {
    return this.#parts.budgets.find(name);
  }

  take(budgets: readonly ResolvedBudget[]): void {
    for (const budget of budgets) this.#parts.budgets.add(budget);
  }

  budgets(): readonly ResolvedBudget[] {
    return this.#parts.budgets.all;
  }

  onClose(undo: () => boolean): void {
    this.#interception.undoWith(undo);
  }

  run<T>({ labels }: RunInit, fn: () => T): T {
    const source = typeof labels === 'object' ? () => labels : labels;
    return runInScope(this.open(source === undefined ? {} : { labels: source }), fn);
  }

  bind<F extends (...args: never[]) => unknown>(fn: F): F {
    return bind(fn);
  }

  current(): CostScope | undefined {
    return processState.storage.getStore();
  }

  instrument(undici: unknown): void {
    this.#interception.instrument(undici);
  }

  on<E extends keyof MeterEvents>(event: E, listener: (event: MeterEvents[E]) => void): () => void {
    return this.#events.on(event, listener);
  }

  remaining(labels: Record<string, LabelValue> = {}): Promise<Remaining[]> {
    const scope = new Scope(randomUUID(), this.#scopeMeter);
    scope.labelsFrom(() => labels);
    return scope.remaining();
  }

  topUp(budget: string, value: string | undefined, usd: number, note: TopUpNote): Promise<void> {
    return topUp(this.#parts, budget, value, usd, note);
  }

  topUps(budget: string, value?: string): Promise<readonly TopUp[]> {
    return topUpsOf(this.#parts, budget, value);
  }

  observed(): readonly ObservedDenial[] {
    return this.#parts.observed.all;
  }

  health({ amounts = false }: HealthOptions = {}): Promise<Health> {
    return healthOf(this.#parts, this.settings.mode, amounts);
  }

  snapshot(): Snapshot {
    const { counters, openCalls, ledger } = this.#parts;
    return counters.snapshot(openCalls.size, ledger.kept ?? 0);
  }

  readonly #lineFailed = (cause: unknown): void => {
    this.#events.emit('error', {
      problem: 'log',
      message: 'A log line could not be written: the logger failed',
      cause,
    });
  };

  async close({ timeoutMs = 5_000 }: { timeoutMs?: number } = {}): Promise<Closed> {
    if (!(timeoutMs >= 0)) {
      throw new OptionsError(`close({ timeoutMs }) must be milliseconds from 0, or Infinity, and is ${timeoutMs}`);
    }
    this.#closed ??= this.#close(timeoutMs);
    return this.#closed;
  }

  async #close(timeoutMs: number): Promise<Closed> {
    const { openCalls, ledger } = this.#parts;
    const restored = this.uninstall();
    if (processState.installed?.meter === this) processState.installed = undefined;
    const startedAt = systemClock.now();
    await openCalls.drain(timeoutMs);
    this.#gate.end();
    this.#parts.jobs.stop();
    this.#parts.rates.stop();
    this.#parts.credits?.stop();
    this.#reader.stop();
    const left = () => Math.max(0, timeoutMs - (systemClock.now() - startedAt));
    await ledger.flush?.(left());
    if (ledger.flush !== undefined) await nextTurn(); // what the ledger answered last is told first
    const closed = { restored, unsettled: openCalls.size + (ledger.kept ?? 0) };
    await ledger.close?.(Math.max(left(), LEDGER_CLOSES_MS));
    if (this.settings.mode !== 'off') this.#log.closed(closed);
    return closed;
  }
}
