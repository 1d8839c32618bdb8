import type { Context } from 'koa';

/**
 * The prefix that `koa-mount` has taken off the path of the app that runs now, or `''`. It is literal, and so no client
 * makes one up; it stays on the context when that app is through, with the path as it was.
 */
export function mountOf({ mountPath, path, originalUrl }: Context): string {
  if (typeof mountPath !== 'string') return '';
  const [original = ''] = originalUrl.split('?');
  const isInside = original.endsWith(mountPath + path) || (path === '/' && original.endsWith(mountPath));
  return isInside ? mountPath : '';
}

/** What is used of a layer of `@koa/router`. */
interface Matcher {
  readonly path: unknown;
  readonly regexp?: { test(path: string): boolean };
}

/**
 * The prefix that was taken off the path that `@koa/router` has matched, or `''`: a mounted app is mostly through when its
 * line is written, and the path as it was.
 */
export function mountOfRoute(ctx: Context): string {
  const { mountPath, path, matched, _matchedRoute: route } = ctx as Context & { matched?: readonly Matcher[] };
  const inside = mountOf(ctx);
  if (inside !== '' || typeof mountPath !== 'string') return inside;
  const regexp = matched?.findLast((layer) => layer.path === route)?.regexp;
  if (regexp === undefined || regexp.test(path)) return '';
  const prefix = mountPath.replace(/\/$/, '');
  for (let end = path.indexOf(prefix); end >= 0; end = path.indexOf(prefix, end + 1)) {
    const mount = path.slice(0, end + prefix.length);
    if (regexp.test(path.slice(mount.length) || '/')) return mount;
  }
  return '';
}
