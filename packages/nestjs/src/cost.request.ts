import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger, OpenScope } from '@eden-cost/core';
import type { ExecutionContext } from '@nestjs/common';
import { COST_REQUEST } from './cost.constants.js';
import type { CostConfig } from './cost.options.js';

/** What is known of an incoming request, or of a message. */
export interface CostRequest {
  readonly open: OpenScope;
  /** Tells it of the handler that it has come to; rejects when a budget that is named there has no room. */
  admit(context: ExecutionContext): Promise<void> | undefined;
  /** What is known of each of its handlers, where it comes to several. */
  readonly parts: Map<object, CostRequest>;
  /** Its route's template, once it has come to one. */
  route?: string;
}

/** Node's own request, with what pino-http and Fastify put on it. */
export type RawRequest = IncomingMessage & { [COST_REQUEST]?: CostRequest; id?: unknown; log?: Logger };

/** Fastify's request is a wrapper of Node's, which is all that a middleware gets. */
export const rawOf = (request: object): RawRequest => ((request as { raw?: object }).raw ?? request) as RawRequest;

export const costRequestOf = (request: object | undefined): CostRequest | undefined =>
  request && rawOf(request)[COST_REQUEST];

/** What of Express's request, and of Fastify's, says which route it came to. */
interface RoutedRequest {
  readonly route?: { readonly path?: unknown };
  readonly routeOptions?: { readonly url?: string };
}

/** The template (`/docs/:id`), never the URL. */
export function routeOf(request: object): string | undefined {
  const { route, routeOptions } = request as RoutedRequest;
  const path = routeOptions?.url ?? route?.path;
  return path === undefined ? undefined : String(path);
}

/** pino-http's, which has the request in every line; what Fastify has without one is no logger. */
const boundLogger = ({ log }: RawRequest): Logger | undefined =>
  typeof (log as { bindings?: unknown } | undefined)?.bindings === 'function' ? log : undefined;

/** What the cost line says of the request: its route as a template, never its URL. */
function describe({ id, method }: RawRequest, { statusCode }: ServerResponse, { open, route }: CostRequest) {
  return {
    req: { id: id ?? open.scope.id, method, ...(route !== undefined && { route }) },
    res: { statusCode },
  };
}

/** Opens a scope; without a request it is that of a message. */
export function openRequest(
  { meter, status, budgets }: CostConfig,
  admit: CostRequest['admit'],
  raw?: RawRequest,
  response?: ServerResponse,
): CostRequest {
  const open: OpenScope = meter.open({
    logger: () => raw && boundLogger(raw),
    describe: () => (raw && response ? describe(raw, response, opened) : {}),
  });
  open.add({ status, budgets });
  const opened: CostRequest = { open, admit, parts: new Map() };
  if (raw) Object.defineProperty(raw, COST_REQUEST, { value: opened, configurable: true });
  return opened;
}
