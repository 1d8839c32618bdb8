import 'reflect-metadata';
import {
  type LabelValue,
  type Meter,
  type OpenScope,
  OptionsError,
  type ResolvedBudget,
  type RouteBudget,
  routeBudget,
} from '@eden-cost/core';
import { COST_MARKS } from './cost.constants.js';

/** What one decorator says of a class or a method. */
export interface CostMark {
  /** A budget that the route names or brings; `name` says what it is called by default. `undefined` for `@Budget()`. */
  readonly budget?: (meter: Meter, name: () => string) => ResolvedBudget | undefined;
  /** The budget is without a name of its own. */
  readonly unnamed?: true;
  readonly skip?: readonly string[];
  readonly labels?: Readonly<Record<string, LabelValue>>;
}

/** Adds to what is there, of the class's bases too. */
export const addMark = (target: object, mark: CostMark): void =>
  Reflect.defineMetadata(COST_MARKS, [...marksOf(target), mark], target);

/** In the order of what applies: a class's before its method's, and of each the lowest decorator first. */
export const marksOf = (...targets: object[]): readonly CostMark[] =>
  targets.flatMap((target) => (Reflect.getMetadata(COST_MARKS, target) as CostMark[] | undefined) ?? []);

/** @throws {OptionsError} `ERR_COST_OPTIONS` for a budget that is wrong; a name is looked up when the app starts */
export function budgetMark(budget: string | RouteBudget | undefined): CostMark {
  if (budget === undefined) return { budget: () => undefined };
  if (typeof budget === 'string') return { budget: (meter) => meter.budget(budget) };
  const inline = routeBudget(budget);
  if (budget.name !== undefined) return { budget: (meter) => inline(meter, '') };
  return { budget: (meter, name) => inline(meter, name()), unnamed: true };
}

/** @param name says what a budget of the route is called that has no name of its own */
export function applyMarks(marks: readonly CostMark[], open: OpenScope, name: () => string): void {
  for (const { labels = {}, skip, budget } of marks) {
    for (const [key, value] of Object.entries(labels)) open.scope.label(key, value);
    if (skip !== undefined) open.skip(skip);
    const named = budget?.(open.meter, name);
    if (named !== undefined) open.name(named);
  }
}

/** True where there is a `@Budget()`, with or without a name. */
export const namesBudget = (marks: readonly CostMark[]): boolean => marks.some(({ budget }) => budget !== undefined);

/** True where a budget is called after its handler. */
export const bringsUnnamed = (marks: readonly CostMark[]): boolean => marks.some(({ unnamed }) => unnamed);

/**
 * Finds what cannot be right for any request.
 *
 * @param where the handler, for the message
 * @throws {OptionsError} `ERR_COST_OPTIONS`
 */
export function checkMarks(marks: readonly CostMark[], meter: Meter, where: string): void {
  const hint = (error: unknown) =>
    error instanceof OptionsError ? new OptionsError(`${where}: ${error.message}`) : error;
  if (marks.filter(({ unnamed }) => unnamed).length > 1) {
    throw new OptionsError(`${where} has two budgets without a name: give them names, so that they can be told apart`);
  }
  try {
    for (const { budget, skip = [], unnamed } of marks) {
      if (!unnamed) budget?.(meter, () => '');
      for (const name of skip) meter.budget(name);
    }
  } catch (error) {
    throw hint(error);
  }
}
