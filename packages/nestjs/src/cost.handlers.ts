import { type Meter, OptionsError } from '@eden-cost/core';
import { UseGuards } from '@nestjs/common';
import type { ModulesContainer } from '@nestjs/core';
import { interceptsFields, isFieldResolver } from './cost.fields.js';
import { costGuard } from './cost.guard.js';
import { bringsUnnamed, checkMarks, marksOf, namesBudget } from './cost.marks.js';
import { type Method, methodsIn } from './cost.methods.js';
import { isHandler, isRoute } from './cost.route.js';

const guarded = new WeakSet<object>();

/**
 * Checks what decorators say of controllers, gateways, resolvers and providers of the app.
 *
 * @throws {OptionsError} `ERR_COST_OPTIONS`, for a name that no budget has, with the nearest; for what is without effect
 */
export function checkHandlers(modules: ModulesContainer, meter: Meter): void {
  const reached = new Map<Method['type'], boolean>();
  const unnamed = new Map<string, Method['type']>();
  for (const { type, name, method } of methodsIn(modules, ['controllers', 'providers'])) {
    const where = `${type.name}.${name}`;
    reached.set(type, reached.get(type) || isHandler(method));
    if (!isHandler(method) && marksOf(method).length > 0) throw withoutEffect(where);
    if (isFieldResolver(method) && marksOf(method).length > 0 && !interceptsFields(modules)) throw ofABareField(where);
    checkMarks(marksOf(type, method), meter, where);
    if (isRoute(method) || !isHandler(method) || !bringsUnnamed(marksOf(type, method))) continue;
    const other = unnamed.get(where) ?? type;
    if (other !== type) throw ofTwins(where, type.name);
    unnamed.set(where, type);
  }
  for (const [type, isReached] of reached) {
    if (!isReached && marksOf(type).length > 0) throw withoutEffect(type.name);
  }
}

const ofTwins = (where: string, name: string) =>
  new OptionsError(
    `${where} has a budget without a name, and so has that of another class called ${name}: give them names, or they would be one budget`,
  );

const withoutEffect = (where: string) =>
  new OptionsError(
    `${where} has @Budget(), @SkipBudgets() or @CostLabels(), which do nothing there: no request comes to it. Put them on ` +
      "the controller's, resolver's or gateway's method that calls it; a job has @WithCosts()",
  );

const ofABareField = (where: string) =>
  new OptionsError(
    `${where} has @Budget(), @SkipBudgets() or @CostLabels(), which do nothing there: Nest runs interceptors for the resolver ` +
      "of a field only with GraphQLModule.forRoot({ fieldResolverEnhancers: ['interceptors'] })",
  );

/** Puts the guard after all others of each controller's method with `@Budget()`. In time before routes are made. */
export function guardHandlers(modules: ModulesContainer): void {
  for (const { type, prototype, name, method } of methodsIn(modules, ['controllers'])) {
    if (guarded.has(method) || !isHandler(method) || !namesBudget(marksOf(type, method))) continue;
    guarded.add(method);
    UseGuards(costGuard)(prototype, name, { value: method });
  }
}
