import { METHODS } from 'node:http';
import type { Context } from 'koa';
import { mountOf } from './mount.js';
import { templateOf } from './route.js';

/** What is used of a layer of `@koa/router`: one path of a route, or of `router.use()`, which has no methods. */
interface RouterLayer {
  readonly path: unknown;
  readonly methods: readonly string[];
  readonly stack: readonly object[];
}

/** What that router leaves on the context. */
interface RoutedContext {
  readonly method: string;
  readonly router?: { readonly stack?: readonly RouterLayer[] };
  readonly matched?: readonly RouterLayer[];
  readonly _matchedRoute?: unknown;
}

/**
 * `POST /image`, of the route that has this middleware: its own methods and templates, never what the client sent, who
 * would get a fresh budget for each method and path that it makes up. Without that router, `ALL *`.
 */
export function routeNameOf(ctx: Context, middleware: object): string {
  const routed = ctx as unknown as RoutedContext;
  const layer = layerOf(routed, middleware);
  if (layer === undefined) return 'ALL *';
  const mount = mountOf(ctx);
  const paths = [...new Set(pathsOf(layer, routed).map((path) => mount + path))];
  return `${methodsOf(layer)} ${paths.length === 1 ? paths[0] : `(${paths.join('|')})`}`;
}

/** A middleware in another one, as `koa-compose` makes it, is in no stack: it is then of the route that was matched. */
function layerOf(ctx: RoutedContext, middleware: object): RouterLayer | undefined {
  const answering = (ctx.matched ?? []).filter(
    ({ methods }) => methods.length === 0 || methods.includes(ctx.method.toUpperCase()),
  );
  const has = ({ stack }: RouterLayer) => stack.includes(middleware);
  const runs = ({ path }: RouterLayer) => path === ctx._matchedRoute;
  const signs = [(layer: RouterLayer) => has(layer) && runs(layer), has, runs];
  return signs.map((sign) => answering.findLast(sign)).find((layer) => layer !== undefined);
}

/** A list of paths is as many layers, which have the same handlers. */
const pathsOf = (layer: RouterLayer, { router }: RoutedContext): string[] =>
  [layer, ...(router?.stack ?? [])]
    .filter((other) => isSame(handlersOf(other), handlersOf(layer)) && isSame(other.methods, layer.methods))
    .map(({ path }) => templateOf(path) || '*')
    .sort();

/** Those of `router.param()` are made anew for each layer, and marked. */
const handlersOf = ({ stack }: RouterLayer): readonly object[] => stack.filter((handler) => !('param' in handler));

const isSame = (one: readonly unknown[], other: readonly unknown[]): boolean =>
  one.length === other.length && one.every((item, index) => item === other[index]);

/** A GET route answers HEAD as well. */
function methodsOf({ methods }: RouterLayer): string {
  const own = methods.filter((method) => method !== 'HEAD' || !methods.includes('GET'));
  const isForAll = own.length === 0 || METHODS.every((method) => methods.includes(method));
  return isForAll ? 'ALL' : own.join('|');
}
