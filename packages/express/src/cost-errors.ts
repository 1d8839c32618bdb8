import { BODY_HEADERS, PROBLEM_TYPE, surfaceError, toProblem } from '@eden-cost/core';
import { type ErrorRequestHandler, request } from 'express';
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
    const problem = toProblem(surfaced);
    const asText = request.accepts.call(req, PROBLEM_TYPE, 'json', 'text/plain') === 'text/plain';
    const body = asText ? problem.title : JSON.stringify(problem);
    // Node's own methods: a router that serves without an app has no others
    res.statusCode = surfaced.status;
    for (const [name, value] of Object.entries(surfaced.headers)) res.setHeader(name, value);
    res.setHeader('cache-control', 'no-store');
    res.setHeader('content-type', `${asText ? 'text/plain' : PROBLEM_TYPE}; charset=utf-8`);
    res.setHeader('content-length', Buffer.byteLength(body));
    res.end(body);
  };
}
