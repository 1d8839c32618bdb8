import type { IncomingMessage } from 'node:http';
import type { Logger, OpenScope } from '@eden-cost/core';
import type { ExecutionContext } from '@nestjs/common';
import { COST_REQUEST } from './cost.constants.js';

/** What is known of an incoming request, or of a message. */
export interface CostRequest {
  readonly open: OpenScope;
  /** Tells it of the handler that it has come to; rejects when a budget that is named there has no room. */
  admit(context: ExecutionContext): Promise<void> | undefined;
  /** Its route's template, once it has come to one. */
  route?: string;
}

/** Node's own request, with what pino-http and Fastify put on it. */
export type RawRequest = IncomingMessage & { [COST_REQUEST]?: CostRequest; id?: unknown; log?: Logger };

/** Fastify's request is a wrapper of Node's, which is all that a middleware gets. */
export const rawOf = (request: object): RawRequest => ((request as { raw?: object }).raw ?? request) as RawRequest;

export const costRequestOf = (request: object | undefined): CostRequest | undefined =>
  request && rawOf(request)[COST_REQUEST];

export function keepCostRequest(request: object, known: CostRequest): CostRequest {
  Object.defineProperty(rawOf(request), COST_REQUEST, { value: known, configurable: true });
  return known;
}

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
