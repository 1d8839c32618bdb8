import type { ResolvedBudget } from './budget/budget.js';
import type { Clock } from './clock.js';
import type { DenialStatus } from './denial.js';
import { fieldsFor, type LineFields } from './log/bound-fields.js';
import { lineWriter, type WriteLine } from './log/line-writer.js';
import type { Logger } from './log/logger.js';
import type { Meter, OpenInit, OpenScope } from './meter.js';
import { COST_MESSAGE, costFields } from './scope/cost-line.js';
import type { Scope } from './scope/scope.js';

/** What all scopes of a meter share. */
export interface ScopeTools {
  readonly meter: Meter;
  readonly clock: Clock;
  readonly write: WriteLine;
  /** Whether a request's own logger is asked for. */
  readonly asksForLogger: boolean;
  readonly labels: boolean | readonly string[];
  take(budget: ResolvedBudget): ResolvedBudget;
  failed(cause: unknown): void;
}

/** The scope of one incoming request, with what its adapter knows of it. */
export class RequestScope implements OpenScope {
  readonly #startedAt: number;
  #responseTime = 0;
  #aborted = false;

  constructor(
    readonly scope: Scope,
    private readonly tools: ScopeTools,
    private readonly init: OpenInit,
  ) {
    this.#startedAt = tools.clock.now();
    this.add(init);
  }

  get meter(): Meter {
    return this.tools.meter;
  }

  get status(): DenialStatus {
    return this.scope.status;
  }

  add({ labels, budgets, status }: Parameters<OpenScope['add']>[0]): void {
    const { scope, tools } = this;
    if (labels !== undefined) scope.labelsFrom(labels);
    if (budgets !== undefined) scope.budgets = [...scope.budgets, ...budgets.map((budget) => tools.take(budget))];
    if (status !== undefined) scope.status = { ...scope.status, ...status };
  }

  name(budget: ResolvedBudget): void {
    const { scope } = this;
    const known = this.tools.take(budget);
    scope.named = new Set([...scope.named, known.name]);
    if (!scope.budgets.includes(known)) scope.budgets = [...scope.budgets, known];
  }

  skip(names: readonly string[]): void {
    const { scope } = this;
    if (names.length === 0) scope.skipsAll = true;
    else scope.skipped = new Set([...scope.skipped, ...names]);
  }

  part(): OpenScope {
    return new RequestScope(this.scope.part(), this.tools, {});
  }

  finish({ aborted }: { aborted: boolean }): void {
    const { running } = this.scope;
    if (running.finished) return;
    running.finished = true;
    this.#responseTime = Math.max(0, this.tools.clock.now() - this.#startedAt);
    this.#aborted = aborted;
    running.onLate = () => this.#tell(true);
    if (!running.untold.empty) this.#tell(false);
  }

  /** A logger, or an adapter, that fails must not fail the request; what was spent is told all the same. */
  #tell(late: boolean): void {
    const { scope, tools, init } = this;
    const state = { aborted: this.#aborted, late };
    const edenai = costFields(scope, scope.running.takeUntold(), tools.labels, state);
    const fields = { ...this.#described(), responseTime: this.#responseTime, edenai };
    try {
      const logger = tools.asksForLogger ? init.logger?.() : undefined;
      if (!logger || !this.#tellThrough(logger, fields)) tools.write(30, COST_MESSAGE, fields);
    } catch (cause) {
      this.#retell(cause, fields);
    }
  }

  /** The request's own logger. False when it cannot tell. */
  #tellThrough(logger: Logger, fields: LineFields): boolean {
    const known = fieldsFor(logger, fields);
    if (known === undefined) return false;
    lineWriter(logger, (cause) => this.#retell(cause, fields))(30, COST_MESSAGE, known);
    return true;
  }

  #retell(cause: unknown, fields: LineFields): void {
    this.tools.failed(cause);
    this.tools.write(30, COST_MESSAGE, fields);
  }

  #described(): object {
    try {
      return this.init.describe?.() ?? {};
    } catch (cause) {
      this.tools.failed(cause);
      return {};
    }
  }
}
