import { BODY_HEADERS, type DenialError, PROBLEM_TYPE, toProblem } from '@eden-cost/core';
import type { Context } from 'koa';

/** Answers a denial as `application/problem+json` (RFC 9457), or in one line of text to a client that wants no JSON. */
export function answerProblem(ctx: Context, error: DenialError): void {
  for (const name of BODY_HEADERS) ctx.remove(name);
  const problem = toProblem(error);
  const asText = ctx.accepts(PROBLEM_TYPE, 'json', 'text/plain') === 'text/plain';
  // a handler that was to answer by itself, and has not: Koa sends the body all the same
  ctx.respond = true;
  ctx.status = error.status;
  ctx.set({ ...error.headers, 'cache-control': 'no-store' });
  ctx.type = asText ? 'text/plain' : PROBLEM_TYPE;
  ctx.body = asText ? problem.title : JSON.stringify(problem);
  // the app's own listener hears of what is no client's fault, as it would have from Koa
  if (error.status >= 500) ctx.app.emit('error', error, ctx);
}
