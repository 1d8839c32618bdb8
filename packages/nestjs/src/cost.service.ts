import type { CostScope, LabelValue, Meter, Remaining, RunInit } from '@eden-cost/core';
import { Inject, Injectable } from '@nestjs/common';
import { COST_METER } from './cost.constants.js';
import { runLazy } from './cost.lazy.js';

/** Costs for services, jobs and probes. */
@Injectable()
export class CostService {
  constructor(@Inject(COST_METER) readonly meter: Meter) {}

  /** The scope that calls made now are attributed to: the request's, or the job's. */
  current(): CostScope | undefined {
    return this.meter.current();
  }

  /**
   * Runs `fn` in a scope of its own, and logs its cost when it is done: for jobs and queues. What it gives back is done
   * when a promise has settled, or an Observable or an async generator has been consumed.
   */
  run<T>(init: RunInit, fn: () => T): T {
    return runLazy(this.meter, init, fn);
  }

  /** What is left of the budgets that apply to these labels; without labels, to the present scope. */
  remaining(labels?: Record<string, LabelValue>): Promise<Remaining[]> {
    const scope = labels === undefined ? this.current() : undefined;
    return scope ? scope.remaining() : this.meter.remaining(labels);
  }
}
