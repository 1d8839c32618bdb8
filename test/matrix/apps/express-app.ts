import { Readable } from 'node:stream';
import { costAware, costErrors } from '@eden-cost/express';
import express, { type ErrorRequestHandler } from 'express';
import { serve } from '../../support/serve.js';
import { type StartApp, USER } from '../app.js';

/** Its error middleware, and one as Sentry's `setupExpressErrorHandler()` mounts it. */
export const startExpress: StartApp = async ({ options, routes, heard }) => {
  const handler = costAware({ ...options, labels: (req) => ({ tenant: req.get(USER) }) });
  const app = express().use(handler);
  for (const { path, answer, parts } of routes) {
    app.get(path, async (_req, res, next) => {
      if (parts) Readable.from(parts()).on('error', next).pipe(res);
      else res.json((await answer?.()) ?? null);
    });
  }
  const hear =
    (hook: string): ErrorRequestHandler =>
    (error, _req, _res, next) => {
      heard(hook, error);
      next(error);
    };
  app.use(hear('Sentry'), hear('app'));
  for (const { path, problem } of routes) if (problem) app.use(path, costErrors());
  const { url } = await serve(app);
  return { url, meter: handler.meter };
};
