import { METHODS } from 'node:http';
import { type BudgetName, OptionsError, type RouteBudget, routeBudget } from '@eden-cost/core';
import type { Request, RequestHandler } from 'express';
import type { LayerFacts } from './place.js';
import { type RequestState, stateOf } from './request-state.js';
import { joinTemplates, templateOf } from './template.js';

/** What is used of `req.route`: for `route.all()` the methods are `_all`. */
interface RouteFacts {
  readonly stack?: readonly LayerFacts[];
  readonly methods?: Record<string, boolean>;
}

/**
 * Denies a request before its handler runs when a budget has no room: streaming routes need it, since once bytes are out
 * a 402 cannot be answered any more.
 *
 * @param budget a budget's name, or a budget of this route alone; without one, every budget that applies is checked
 * @throws {OptionsError} `ERR_COST_OPTIONS` at start, for a name that no budget has, or an invalid budget
 */
export function withBudget(budget?: BudgetName | RouteBudget): RequestHandler {
  const resolve = routeBudget(budget);
  return async (req, _res, next) => {
    const state = stateOf(req);
    if (state.open === undefined) {
      next(new OptionsError('withBudget() needs costAware() to be mounted before it: app.use(costAware(options))'));
      return;
    }
    if (state.open.meter.mode === 'off') {
      next();
      return;
    }
    try {
      const resolved = resolve(state.open.meter, nameOf(state, req));
      if (resolved !== undefined) state.open.name(resolved);
      await state.open.scope.check();
    } catch (error) {
      next(error);
      return;
    }
    next();
  };
}

/**
 * `POST /image`. The route's own methods, never the client's, who would get a fresh budget for each: a HEAD that
 * `app.get()` answers draws on the same one.
 */
function nameOf({ layer, place }: RequestState, req: Request): string {
  if (layer !== undefined) return `${methodOf(layer, req)} ${place.route ?? (place.mount || '/')}`;
  return `${methodsOf(req.route)} ${joinTemplates(place.mount, templateOf(req.route?.path ?? '/'))}`;
}

/**
 * `app.all()` has the handler in a layer for each method there is, `app.use()` and `router.all()` in one without any. Each
 * of those layers may have its own wrapped copy of it, as with express-async-errors.
 */
function methodOf({ method, handle }: LayerFacts, req: Request): string {
  const { stack = [], methods = {} } = (req.route ?? {}) as RouteFacts;
  const isForOthers = stack.some((other) => other.handle === handle && other.method !== method);
  return method === undefined || isForOthers || isForAll(methods) ? 'ALL' : method.toUpperCase();
}

/** Of an Express whose layers are not found. */
function methodsOf({ methods = {} }: RouteFacts = {}): string {
  const names = Object.keys(methods).filter((name) => methods[name]);
  return names.length === 1 && names[0] !== '_all' ? (names[0] as string).toUpperCase() : 'ALL';
}

const isForAll = (methods: Record<string, boolean>): boolean => METHODS.every((name) => methods[name.toLowerCase()]);
