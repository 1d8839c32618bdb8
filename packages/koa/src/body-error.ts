import { type OpenScope, surfaceError } from '@eden-cost/core';
import type { Context } from 'koa';

type Destroy = (error: Error | null, done: (error?: Error | null) => void) => void;

/** Requests that were answered for what their body failed with. */
const answered = new WeakSet<Context>();

/** Koa takes a body's errors to `ctx.onerror`, past all middleware. */
export function translateBodyErrors(ctx: Context, open: OpenScope): void {
  const { onerror } = ctx;
  ctx.onerror = (error) => {
    if (!answered.has(ctx)) onerror.call(ctx, surfaceError(error, open.status) ?? error);
  };
}

interface Served {
  ctx: Context;
  open: OpenScope;
}

/** The last request of each body: one that is served again is not shadowed again. */
const lastOf = new WeakMap<object, Served>();

/**
 * A body that is denied before its first byte can still be answered. Koa 3 reads bodies with `stream.pipeline`, which
 * destroys the response with the body: the body's end waits for the answer.
 */
export function answerFirst(ctx: Context, open: OpenScope): void {
  const body = ctx.body as { _destroy?: Destroy } | null | undefined;
  const destroy = body?._destroy;
  if (typeof body !== 'object' || body === null || typeof destroy !== 'function') return;
  const known = lastOf.get(body);
  if (known !== undefined) {
    Object.assign(known, { ctx, open });
    return;
  }
  const served: Served = { ctx, open };
  lastOf.set(body, served);
  const value: Destroy = (error, done) => {
    const denial = error ? surfaceError(error, served.open.status) : undefined;
    const end = () => destroy.call(body, error, done);
    if (denial === undefined || served.ctx.headerSent || !served.ctx.writable) return end();
    served.ctx.res.once('close', end);
    served.ctx.onerror(denial);
    answered.add(served.ctx);
  };
  Reflect.defineProperty(body, '_destroy', { value, configurable: true, writable: true });
}
