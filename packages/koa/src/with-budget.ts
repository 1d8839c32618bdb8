import { type BudgetName, OptionsError, type RouteBudget, routeBudget } from '@eden-cost/core';
import type { Middleware } from 'koa';
import { openScopeOf } from './request-state.js';
import { routeNameOf } from './route-name.js';

/**
 * Denies a request before its handler runs when a budget has no room: streaming routes need it, since once bytes are out
 * a 402 cannot be answered any more.
 *
 * @param budget a budget's name, or a budget of this route alone; without one, every budget that applies is checked
 * @throws {OptionsError} `ERR_COST_OPTIONS` at start, for a name that no budget has, or an invalid budget
 */
export function withBudget(budget?: BudgetName | RouteBudget): Middleware {
  const resolve = routeBudget(budget);
  const middleware: Middleware = async (ctx, next) => {
    const open = openScopeOf(ctx);
    if (open === undefined) {
      throw new OptionsError('withBudget() needs costAware() to be mounted before it: app.use(costAware(options))');
    }
    if (open.meter.mode !== 'off') {
      const resolved = resolve(open.meter, routeNameOf(ctx, middleware));
      if (resolved !== undefined) open.name(resolved);
      await open.scope.check();
    }
    await next();
  };
  return middleware;
}
