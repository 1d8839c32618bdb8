import type { ResolvedBudget } from './budget/budget.js';
import type { Clock } from './clock.js';
import type { DenialStatus } from './denial.js';
import type { WriteLine } from './logger.js';
import { lineWriter } from './logger.js';
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

  finish({ aborted }: { aborted: boolean }): void {
    if (this.scope.finished) return;
    this.scope.finished = true;
    const responseTime = Math.max(0, this.clock.now() - this.#startedAt);
    const line = (late: boolean) => this.#line(responseTime, { aborted, late });
    this.scope.onLate = () => line(true);
    if (!this.scope.untold.empty) line(false);
  }

  /** A logger, or an adapter, that fails must not fail the request. */
  #line(responseTime: number, state: LineState): void {
    try {
      this.#write(responseTime, state);
    } catch (cause) {
      this.failed(cause);
    }
  }

  #write(responseTime: number, state: LineState): void {
    const edenai = costFields(this.scope, this.scope.takeUntold(), this.labels, state);
    const logger = this.init.logger?.();
    const write = logger === undefined ? this.write : lineWriter(logger);
    const known = { ...this.init.describe?.(), responseTime };
    write(30, COST_MESSAGE, { ...withoutBound(known, logger), edenai });
  }
}

/** A request's own logger (pino-http) has the request in every line already: a second `req` would be the same key twice. */
function withoutBound(fields: Record<string, unknown>, logger: unknown): Record<string, unknown> {
  const read = (logger as { bindings?: unknown } | undefined)?.bindings;
  const bindings: unknown = typeof read === 'function' ? read.call(logger) : undefined;
  if (typeof bindings !== 'object' || bindings === null) return fields;
  return Object.fromEntries(Object.entries(fields).filter(([key]) => !Object.hasOwn(bindings, key)));
}
