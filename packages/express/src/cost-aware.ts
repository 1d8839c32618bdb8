import { type AdapterOptions, configureAdapter, type Logger, type Meter, onAnswered } from '@eden-cost/core';
import type { Request, RequestHandler, Response } from 'express';
import { pino } from 'pino';
import { patchLayer, patchLayerOf } from './layer.js';
import { unseenPlace } from './place.js';
import { type RequestState, stateOf } from './request-state.js';
import { templateOf } from './template.js';

/** Options of {@link costAware}: the meter's, `labels` and `status`. */
export type CostAwareOptions = AdapterOptions<Request>;

export type CostAwareHandler = RequestHandler & { readonly meter: Meter };

/**
 * Meters all calls to Eden AI that requests of this app make: priced, attributed to `req.costs`, held to budgets, logged
 * in one line for each request; a denial that is left uncaught becomes a 402.
 *
 * The first `costAware(options)` of a process makes its meter. A further one, on a router, adds its labels and budgets to
 * the scope that the outer one opened.
 *
 * @throws {OptionsError} `ERR_COST_OPTIONS`
 */
export function costAware(options: CostAwareOptions | Meter = {}): CostAwareHandler {
  const { meter, labels, status, budgets } = configureAdapter<Request>(options, () => pino());
  const isOff = meter.mode === 'off';
  if (!isOff) patchLayer(meter);

  const handler: RequestHandler = (req, res, next) => {
    const state = stateOf(req);
    const layer = { labels: labels && (() => labels(req)), status, budgets };
    if (state.open !== undefined) {
      state.open.add(layer);
      next();
      return;
    }
    if (!isOff && !isOf(state.layer, meter)) unseen(req, state, meter);
    const open = meter.open({ logger: () => requestLogger(req), describe: () => describe(req, res, state) });
    open.add(layer);
    state.open = open;
    req.costs = open.scope;
    onAnswered(req, res, (end) => open.finish(end));
    open.scope.run(() => next());
  };
  return Object.assign(handler, { meter });
}

/** express-async-errors wraps a handler, and gives the wrapper its properties. */
const isOf = (layer: RequestState['layer'], meter: Meter): boolean =>
  (layer?.handle as Partial<CostAwareHandler> | undefined)?.meter === meter;

/** What runs this handler is not patched: another copy of Express than ours is only now. */
function unseen(req: Request, state: RequestState, meter: Meter): void {
  patchLayerOf(req, meter);
  if ((req.baseUrl ?? '') !== state.place.baseUrl) state.place = unseenPlace(req);
}

/** pino-http and its like put a logger on the request. */
function requestLogger(req: Request): Logger | undefined {
  const { log } = req as Request & { log?: Logger };
  return typeof log?.info === 'function' ? log : undefined;
}

/** What the cost line says of the request: its route as a template, never its URL. */
function describe(req: Request, res: Response, { open, reached }: RequestState): Record<string, unknown> {
  const { id = open?.scope.id } = req as Request & { id?: unknown };
  const route = reached ?? (req.route && templateOf(req.route.path));
  return {
    req: { id, method: req.method, ...(route !== undefined && { route }) },
    res: { statusCode: res.statusCode },
  };
}
