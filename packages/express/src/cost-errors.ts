import { BODY_HEADERS, PROBLEM_TYPE, surfaceError, toProblem } from '@eden-cost/core';
import type { ErrorRequestHandler } from 'express';
import { stateOf } from './request-state.js';

/**
 * Answers denials as `application/problem+json` (RFC 9457) instead of Express's own error page; passes every other error
 * on. Mount it after the routes.
 */
export function costErrors(): ErrorRequestHandler {
  return (error, req, res, next) => {
    const surfaced = surfaceError(error, stateOf(req).open?.status);
    if (surfaced === undefined || res.headersSent) {
      next(surfaced ?? error);
      return;
    }
    for (const name of BODY_HEADERS) res.removeHeader(name);
    res.status(surfaced.status).set(surfaced.headers).set('cache-control', 'no-store');
    const problem = toProblem(surfaced);
    if (req.accepts([PROBLEM_TYPE, 'json', 'text/plain']) === 'text/plain') res.type('text/plain').send(problem.title);
    else res.type(PROBLEM_TYPE).send(JSON.stringify(problem));
  };
}
