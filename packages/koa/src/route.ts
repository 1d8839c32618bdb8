import type { Context } from 'koa';
import { mountOfRoute } from './mount.js';

/**
 * The template of the route that `@koa/router` matched (`/users/:id`), with the prefix of a mounted app, never the URL;
 * `undefined` without that router.
 */
export function routeOf(ctx: Context): string | undefined {
  const matched: unknown = ctx._matchedRoute;
  return matched === undefined || matched === null ? undefined : mountOfRoute(ctx) + templateOf(matched) || undefined;
}

/** `router.use()` without a path has a pattern of `@koa/router`'s own, which says nothing. */
export const templateOf = (path: unknown): string => String(path).replace(/\(\?:\\\/\|\$\)$/, '');
