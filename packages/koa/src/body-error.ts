import { type DenialError, type OpenScope, surfaceError } from '@eden-cost/core';
import type { Context } from 'koa';
import { answerProblem } from './answer.js';

type Destroy = (error: Error | null, done: (error?: Error | null) => void) => void;

/** Requests that were answered for what their body failed with. */
const answered = new WeakSet<Context>();

/** Requests whose denials are problems: the app or a router of it has said so. */
const asProblem = new WeakSet<Context>();

export const answersProblems = (ctx: Context): void => void asProblem.add(ctx);

/** Koa takes a body's errors to `ctx.onerror`, past all middleware. */
export function translateBodyErrors(ctx: Context, open: OpenScope): void {
  const { onerror } = ctx;
  ctx.onerror = (error) => {
    if (answered.has(ctx)) return;
    const denial = surfaceError(error, open.status);
    if (denial === undefined || !asProblem.has(ctx) || !canAnswer(ctx)) {
      onerror.call(ctx, denial ?? error);
      return;
    }
    answerProblem(ctx, denial);
    ctx.res.end(ctx.body);
  };
}

const canAnswer = ({ headerSent, writable }: Context): boolean => !headerSent && writable;

export interface Served {
  ctx: Context;
  open: OpenScope;
}

/**
 * A body that is denied before its first byte can still be answered. Koa 3 reads bodies with `stream.pipeline`, which
 * destroys the response with the body: the body's end waits for the answer.
 *
 * @returns resolves when a denial has been answered; `undefined` for any other error, and once bytes are out
 */
export function answerFirst(error: unknown, { ctx, open }: Served): Promise<void> | undefined {
  const denial: DenialError | undefined = error ? surfaceError(error, open.status) : undefined;
  if (denial === undefined || !canAnswer(ctx)) return undefined;
  const closed = new Promise<void>((resolve) => ctx.res.once('close', resolve));
  ctx.onerror(denial);
  answered.add(ctx);
  return closed;
}

/** The last request of each body: one that is served again is not shadowed again. */
const lastOf = new WeakMap<object, Served>();

/** The end of a stream that fails waits for the answer. */
export function endAfterAnswer(body: unknown, now: Served): void {
  const destroy = (body as { _destroy?: Destroy } | null | undefined)?._destroy;
  if (typeof body !== 'object' || body === null || typeof destroy !== 'function') return;
  const known = lastOf.get(body);
  if (known !== undefined) {
    Object.assign(known, now);
    return;
  }
  const served = { ...now };
  lastOf.set(body, served);
  const value: Destroy = (error, done) => {
    const end = () => destroy.call(body, error, done);
    const answering = answerFirst(error, served);
    if (answering === undefined) end();
    else answering.then(end);
  };
  Reflect.defineProperty(body, '_destroy', { value, configurable: true, writable: true });
}
