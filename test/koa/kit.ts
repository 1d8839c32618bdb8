import type { RequestListener } from 'node:http';
import { type CostAwareMiddleware, type CostAwareOptions, costAware, type LogLine } from '@eden-cost/koa';
import Koa, { type Context } from 'koa';
import type { CostLine } from '../support/cost-aware.js';
import { serve } from '../support/serve.js';
import { useStandIn } from '../support/stand-in.js';

/** As much of an app as serving it takes; what `app.use()` returns has another type than the app. */
interface Served {
  callback(): RequestListener;
  on(event: 'error', listener: (error: unknown) => void): unknown;
}

/** A stand-in, apps with `costAware`, and what they logged, for one test file. */
export function useKoa() {
  const standIn = useStandIn();
  const closing: (() => Promise<unknown>)[] = [];
  const lines: LogLine[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
    lines.length = 0;
  });
  return {
    get eden() {
      return standIn.eden;
    },
    lines,
    costLines: () => lines.filter(({ msg }) => msg === 'edenai request cost') as CostLine[],
    costAware(options?: CostAwareOptions): CostAwareMiddleware {
      const logger = (line: LogLine) => void lines.push(line);
      const middleware = costAware({ baseUrls: [standIn.eden.url], rateCard: false, logger, ...options });
      closing.push(() => middleware.meter.close({ timeoutMs: 0 }));
      return middleware;
    },
    /** Its URL. What Koa prints of errors goes nowhere; what the app's listener hears is in `errors`. */
    async serve(app: Served): Promise<{ url: string; errors: unknown[] }> {
      const errors: unknown[] = [];
      app.on('error', (error) => errors.push(error));
      const served = await serve(app.callback());
      closing.push(() => served.close());
      return { url: served.url, errors };
    },
    /** An app of one handler behind `costAware`. */
    app(options: CostAwareOptions, handler: (ctx: Context) => unknown): Koa {
      const app = new Koa();
      app.use(this.costAware(options));
      app.use(async (ctx) => {
        await handler(ctx);
      });
      return app;
    },
  };
}

/** Koa 2 does not: there they are JSON. */
export function koaTakesWebBodies(): boolean {
  const { response } = new Koa() as unknown as { response: object };
  const body = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(response), 'body');
  return String(body?.set).includes('ReadableStream');
}
