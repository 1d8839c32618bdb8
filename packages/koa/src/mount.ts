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
