import 'reflect-metadata';
import { type LabelValue, meterInProcess } from '@eden-cost/core';
import { Inject, Optional } from '@nestjs/common';
import { runLazy } from './cost.lazy.js';
import { CostService } from './cost.service.js';

const COSTS = Symbol.for('@eden-cost/nestjs:with-costs');

type Labels = Record<string, LabelValue>;
type AnyMethod = (this: { [COSTS]?: CostService }, ...args: never[]) => unknown;

/**
 * Runs a method in a scope of its own, and logs its cost when it is done: for cron jobs, queues and listeners. A method may
 * also return an Observable or an async generator. In a scope already (a request's), it stays in that one. A job without the label that a budget goes `by` counts as `missing` there;
 * one without this decorator draws only on budgets without `by`.
 *
 * @param labels of the scope, or a function of the method's arguments
 */
export const WithCosts =
  <Args extends unknown[] = never[]>(labels?: Labels | ((...args: Args) => Labels)) =>
  <M extends (...args: [...Args, ...never[]]) => unknown>(
    target: object,
    _key: string | symbol,
    descriptor: TypedPropertyDescriptor<M>,
  ): void => {
    Inject(CostService)(target, COSTS);
    Optional()(target, COSTS);
    const method = descriptor.value as unknown as AnyMethod;
    const metered: AnyMethod = function (...args) {
      const meter = this[COSTS]?.meter ?? meterInProcess();
      const call = () => method.apply(this, args);
      if (meter === undefined || meter.current() !== undefined) return call();
      const given = typeof labels === 'function' ? () => labels(...(args as unknown[] as Args)) : labels;
      return runLazy(meter, given === undefined ? {} : { labels: given }, call);
    };
    descriptor.value = dressed(metered, method) as unknown as M;
  };

/** Others (`@Cron()`, `@OnEvent()`) keep what they say on the function, also those below. */
function dressed(wrapper: AnyMethod, method: AnyMethod): AnyMethod {
  for (const key of Reflect.getMetadataKeys(method)) {
    Reflect.defineMetadata(key, Reflect.getMetadata(key, method), wrapper);
  }
  return Object.defineProperty(wrapper, 'name', { value: method.name });
}
