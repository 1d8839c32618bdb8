import { type Meter, warnOnce } from '@eden-cost/core';
import { type NextFunction, type Request, type Response, Router } from 'express';
import { type Methods, patch } from './patch.js';
import { type LayerFacts, placeOf } from './place.js';
import { type RequestState, stateOf } from './request-state.js';
import { patchRouter } from './router.js';
import { typed } from './typed.js';

type Handle = (this: LayerFacts, req: Request, res: Response, next: NextFunction) => unknown;
type HandleError = (this: LayerFacts, error: unknown, req: Request, res: Response, next: NextFunction) => unknown;

interface RouterFacts {
  readonly stack?: readonly object[];
}

/** What runs a handler, and an error handler: Express 5, and Express 4. */
const METHODS = [
  ['handleRequest', 'handleError'],
  ['handle_request', 'handle_error'],
] as const;

/**
 * A middleware cannot see an error that is raised further down. Every handler runs through one method of Express's Layer,
 * though, which hands its error to `next`: there a denial becomes a typed error, before any error middleware of the app
 * sees it. The same method runs the handler in its request's scope, whoever called `next`, and knows where it stands.
 */
export function patchLayer(meter: Meter): void {
  patchRouterAndLayer(
    Router().use(() => {}),
    meter,
  );
}

/** The same for the copy of Express that serves this request, where that is another one. */
export function patchLayerOf(req: Request, meter: Meter): void {
  if (patchRouterAndLayer(routerOf(req), meter)) return;
  warnOnce(
    'WARN_COST_EXPRESS_LAYER',
    'Eden Cost does not find the router of this Express app, so a denial that is not caught answers as the SDK made it. ' +
      'Mount costErrors() after your routes, before your own error middleware.',
  );
}

/** Express 5 has `app.router`, Express 4 `app._router` (its `app.router` throws). */
function routerOf(req: Request): RouterFacts | undefined {
  const app = req.app as unknown as Record<'_router' | 'router', RouterFacts | undefined> | undefined;
  return app?._router ?? app?.router;
}

function patchRouterAndLayer(router: RouterFacts | undefined, meter: Meter): boolean {
  const layer = router?.stack?.[0];
  const prototype = layer && (Object.getPrototypeOf(layer) as Methods);
  const names = METHODS.find(([handle]) => typeof prototype?.[handle] === 'function');
  if (router === undefined || prototype === undefined || names === undefined) return false;
  const [handle, handleError] = names;
  const replace = () => ({
    [handle]: inScope(prototype[handle] as Handle),
    [handleError]: inScopeOnError(prototype[handleError] as HandleError),
  });
  patch(prototype, replace, meter);
  patchRouter(router, meter);
  return true;
}

const inScope = (original: Handle): Handle =>
  function handle(req, res, next) {
    const state = stateOf(req);
    const outer = state.place;
    state.place = placeOf(this, outer, req);
    state.layer = this;
    if (state.place !== outer) state.reached = state.place.route ?? state.place.mount;
    const leave = (error?: unknown) => {
      state.place = outer;
      next(typed(state, error));
    };
    return run(state, () => original.call(this, req, res, leave));
  };

const inScopeOnError = (original: HandleError): HandleError =>
  function handleError(error, req, res, next) {
    const state = stateOf(req);
    const leave = (another?: unknown) => next(typed(state, another));
    return run(state, () => original.call(this, typed(state, error), req, res, leave));
  };

const run = <T>({ open }: RequestState, fn: () => T): T => (open === undefined ? fn() : open.scope.run(fn));
