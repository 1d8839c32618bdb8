import type { ResolvedBudget } from './budget/budget.js';
import type { Clock } from './clock.js';
import type { DenialStatus } from './denial.js';
import { fieldsFor } from './log/bound-fields.js';
import { lineWriter, type WriteLine } from './log/line-writer.js';
import type { Meter, OpenInit, OpenScope } from './meter.js';
import { COST_MESSAGE, costFields, type LineState } from './scope/cost-line.js';
import type { LabelSource } from './scope/labels.js';
import type { Scope } from './scope/scope.js';

/** The scope of one incoming request, with what its adapter knows of it. */
export class RequestScope implements OpenScope {
  readonly #startedAt: number;

  constructor(
    readonly scope: Scope,
    readonly meter: Meter,
    private readonly init: OpenInit,
    private readonly write: WriteLine,
    private readonly labels: boolean | readonly string[],
    private readonly take: (budget: ResolvedBudget) => ResolvedBudget,
    private readonly clock: Clock,
    private readonly failed: (cause: unknown) => void,
  ) {
    this.#startedAt = clock.now();
    this.add(init);
  }

  get status(): DenialStatus {
    return this.scope.status;
  }

  add(init: { labels?: LabelSource; budgets?: readonly ResolvedBudget[]; status?: DenialStatus }): void {
    if (init.labels !== undefined) this.scope.labelsFrom(init.labels);
    if (init.budgets !== undefined) this.scope.budgets.push(...init.budgets.map(this.take));
    if (init.status !== undefined) this.scope.status = { ...this.scope.status, ...init.status };
  }

  name(budget: ResolvedBudget): void {
    const known = this.take(budget);
    this.scope.named.add(known.name);
    if (!this.scope.budgets.includes(known)) this.scope.budgets.push(known);
  }

  skip(names: readonly string[]): void {
    const { skipped } = this.scope;
    if (names.length === 0) skipped.all = true;
    for (const name of names) skipped.names.add(name);
  }

  part(): OpenScope {
    return new RequestScope(
      this.scope.part(),
      this.meter,
      {},
      this.write,
      this.labels,
      this.take,
      this.clock,
      this.failed,
    );
  }

  finish({ aborted }: { aborted: boolean }): void {
    const { running } = this.scope;
    if (running.finished) return;
    running.finished = true;
    const responseTime = Math.max(0, this.clock.now() - this.#startedAt);
    const line = (late: boolean) => this.#line(responseTime, { aborted, late });
    running.onLate = () => line(true);
    if (!running.untold.empty) line(false);
  }

  /** A logger, or an adapter, that fails must not fail the request; what was spent is told all the same. */
  #line(responseTime: number, state: LineState): void {
    const edenai = costFields(this.scope, this.scope.running.takeUntold(), this.labels, state);
    const fields = { ...this.#described(), responseTime, edenai };
    const failed = (cause: unknown) => {
      this.failed(cause);
      this.write(30, COST_MESSAGE, fields);
    };
    try {
      const logger = this.init.logger?.();
      const known = logger && fieldsFor(logger, fields);
      if (logger && known) lineWriter(logger, failed)(30, COST_MESSAGE, known);
      else this.write(30, COST_MESSAGE, fields);
    } catch (cause) {
      failed(cause);
    }
  }

  #described(): object {
    try {
      return this.init.describe?.() ?? {};
    } catch (cause) {
      this.failed(cause);
      return {};
    }
  }
}
