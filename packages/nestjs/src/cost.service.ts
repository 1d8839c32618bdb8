import type { CostScope, LabelValue, Meter, Remaining, RunInit } from '@eden-cost/core';
import { Inject, Injectable } from '@nestjs/common';
import { COST_METER } from './cost.constants.js';

/** Costs for services, jobs and probes. */
@Injectable()
export class CostService {
  constructor(@Inject(COST_METER) readonly meter: Meter) {}

  /** The scope that calls made now are attributed to: the request's, or the job's. */
  current(): CostScope | undefined {
    return this.meter.current();
  }

  /** Runs `fn` in a scope of its own, and logs its cost when it is done: for jobs and queues. */
  run<T>(init: RunInit, fn: () => T): T {
    return this.meter.run(init, fn);
  }

  /** What is left of the budgets that apply to these labels; without labels, to the present scope. */
  remaining(labels?: Record<string, LabelValue>): Promise<Remaining[]> {
    const scope = labels === undefined ? this.current() : undefined;
    return scope ? scope.remaining() : this.meter.remaining(labels);
  }
}
