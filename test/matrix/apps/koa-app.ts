import { Readable } from 'node:stream';
import { costAware } from '@eden-cost/koa';
import Router from '@koa/router';
import Koa from 'koa';
import { serve } from '../../support/serve.js';
import { type StartApp, USER } from '../app.js';

/** Its listener of `error`, which has Koa print as well, and a middleware as Sentry's `setupKoaErrorHandler()` mounts it. */
export const startKoa: StartApp = async ({ options, routes, heard }) => {
  const app = new Koa();
  app.on('error', (error) => {
    heard('app', error);
    app.onerror(error);
  });
  app.use(async (_ctx, next) => {
    try {
      await next();
    } catch (error) {
      heard('Sentry', error);
      throw error;
    }
  });
  const metered = costAware({ ...options, labels: (ctx) => ({ tenant: ctx.get(USER) }) });
  const router = new Router();
  for (const { path, problem, answer, parts } of routes) {
    if (problem) router.use(path, costAware({ problemJson: true }));
    router.get(path, async (ctx) => {
      ctx.body = parts ? Readable.from(parts()) : ((await answer?.()) ?? {});
    });
  }
  app.use(metered).use(router.routes());
  const { url } = await serve(app.callback());
  return { url, meter: metered.meter };
};
