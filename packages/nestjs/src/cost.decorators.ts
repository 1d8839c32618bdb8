import {
  type BudgetName,
  type Budget as BudgetOptions,
  type CostScope,
  type LabelValue,
  meterInProcess,
  type RouteBudget,
} from '@eden-cost/core';
import { createParamDecorator, type ExecutionContext, Inject } from '@nestjs/common';
import { COST_METER } from './cost.constants.js';
import { addMark, budgetMark, type CostMark } from './cost.marks.js';
import { costRequestOf } from './cost.request.js';

export type Budget = BudgetOptions<CostScope>;

/**
 * Denies a request before its handler runs (and before a stream or `@Sse()` opens) when a budget has no room. On a method
 * it adds to what its class has.
 *
 * @param budget a budget's name, or a budget of this route alone; without one, every budget that applies is checked
 * @throws {OptionsError} `ERR_COST_OPTIONS` for an invalid budget, and when the app starts for a name that no budget has
 */
export const Budget = (budget?: BudgetName | RouteBudget): ClassDecorator & MethodDecorator => mark(budgetMark(budget));

/**
 * Requests are not denied by these budgets, though what they spend is booked.
 *
 * @param names without any: all budgets but those with `mandatory: true`
 */
export const SkipBudgets = (...names: BudgetName[]): ClassDecorator & MethodDecorator => mark({ skip: names });

/** Labels of all requests that come here, such as `@CostLabels({ feature: 'image' })`. A method's come after its class's. */
export const CostLabels = (labels: Record<string, LabelValue>): ClassDecorator & MethodDecorator => mark({ labels });

/** Injects what the request's calls to Eden AI have cost: `ask(@Costs() costs: CostScope)`. */
export const Costs: () => ParameterDecorator = createParamDecorator((_data: undefined, context: ExecutionContext) => {
  const isHttp = context.getType<string>() === 'http';
  const request = isHttp ? costRequestOf(context.switchToHttp().getRequest<object>()) : undefined;
  return request?.open.scope ?? meterInProcess()?.current();
});

/** Injects the app's meter: `constructor(@InjectMeter() private readonly meter: Meter)`. */
export const InjectMeter = (): PropertyDecorator & ParameterDecorator => Inject(COST_METER);

const mark =
  (one: CostMark) =>
  (target: object, _key?: string | symbol, descriptor?: { value?: unknown }): void =>
    addMark((descriptor?.value as object | undefined) ?? target, one);
