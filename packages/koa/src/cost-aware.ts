import {
  type AdapterOptions,
  configureAdapter,
  isMeter,
  type Logger,
  type Meter,
  type OpenScope,
  OptionsError,
  onAnswered,
  surfaceError,
} from '@eden-cost/core';
import type { Context, Middleware } from 'koa';
import { pino } from 'pino';
import { answerProblem } from './answer.js';
import { blobInScope } from './body-blob.js';
import { readInScope } from './body-context.js';
import { answersProblems, endAfterAnswer, translateBodyErrors } from './body-error.js';
import { keepOpenScope, openScopeOf } from './request-state.js';
import { routeOf } from './route.js';

/** Options of {@link costAware}: the meter's, `labels`, `status` and `problemJson`. */
export interface CostAwareOptions extends AdapterOptions<Context> {
  /**
   * Answers denials as `application/problem+json` (RFC 9457). Default false: they are thrown, for the app's own error
   * handler, and else for Koa, which answers with the status and one line of text.
   */
  problemJson?: boolean;
}

export type CostAwareMiddleware = Middleware & { readonly meter: Meter };

/**
 * Meters all calls to Eden AI that requests of this app make: priced, attributed to `ctx.costs`, held to budgets, logged
 * in one line for each request; a denial that is left uncaught becomes a 402. Mount it after the app's own error handler.
 *
 * The first `costAware(options)` of a process makes its meter. A further one, on a router, adds its labels and budgets to
 * the scope that the outer one opened.
 *
 * @throws {OptionsError} `ERR_COST_OPTIONS`
 */
export function costAware(options: CostAwareOptions | Meter = {}): CostAwareMiddleware {
  const { problemJson, shared } = separate(options);
  const { meter, labels, status, budgets } = configureAdapter<Context>(shared, () => pino());

  const middleware: Middleware = async (ctx, next) => {
    const open = openScopeOf(ctx) ?? openScope(meter, ctx);
    // an app that another one hands its request to makes a context of its own
    const isFirst = ctx.costs !== open.scope;
    if (isFirst) enter(ctx, open);
    open.add({ labels: labels && (() => labels(ctx)), status, budgets });
    if (problemJson) answersProblems(ctx);
    try {
      await (isFirst ? open.scope.run(next) : next());
      if (isFirst && meter.mode !== 'off') followBody(ctx, open);
    } catch (error) {
      const denial = surfaceError(error, open.status);
      if (denial === undefined || !problemJson || ctx.headerSent || !ctx.writable) throw denial ?? error;
      answerProblem(ctx, denial);
    }
  };
  return Object.assign(middleware, { meter });
}

function separate(options: CostAwareOptions | Meter): {
  shared: AdapterOptions<Context> | Meter;
  problemJson: boolean;
} {
  if (isMeter(options) || typeof options !== 'object' || options === null)
    return { shared: options, problemJson: false };
  const { problemJson = false, ...shared } = options;
  if (typeof problemJson !== 'boolean') throw new OptionsError('options.problemJson must be true or false');
  return { shared, problemJson };
}

/** Koa reads the body only now. */
function followBody(ctx: Context, open: OpenScope): void {
  const served = { ctx, open };
  const blob = blobInScope(ctx.body, served);
  if (blob !== undefined) ctx.body = blob;
  readInScope(ctx.body, served);
  endAfterAnswer(ctx.body, served);
}

function enter(ctx: Context, open: OpenScope): void {
  ctx.costs = open.scope;
  if (open.meter.mode !== 'off') translateBodyErrors(ctx, open);
}

function openScope(meter: Meter, ctx: Context): OpenScope {
  const open: OpenScope = meter.open({ logger: () => requestLogger(ctx), describe: () => describe(ctx, open) });
  keepOpenScope(ctx, open);
  onAnswered(ctx.req, ctx.res, (end) => open.finish(end));
  return open;
}

/** koa-pino-logger and its like put a logger on the context. */
function requestLogger({ log }: Context): Logger | undefined {
  return typeof log?.info === 'function' ? (log as Logger) : undefined;
}

/** What the cost line says of the request: its route as a template, never its URL. */
function describe(ctx: Context, { scope }: OpenScope): Record<string, unknown> {
  const { id = scope.id } = ctx.req as Context['req'] & { id?: unknown };
  const route = routeOf(ctx);
  return {
    req: { id, method: ctx.method, ...(route !== undefined && { route }) },
    res: { statusCode: ctx.res.statusCode },
  };
}
