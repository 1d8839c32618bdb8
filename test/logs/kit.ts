import { type CostAwareHandler, type CostAwareOptions, costAware } from '@eden-cost/express';
import type { ReplyOptions } from '@eden-cost/testing';
import express, { type Express, type RequestHandler } from 'express';
import { CHAT, postInit, readAnswer } from '../support/calls.js';
import { useServers } from '../support/serve.js';
import { useStandIn } from '../support/stand-in.js';

/** A stand-in, and Express apps that ask it, for one test file. */
export function useApps() {
  const standIn = useStandIn();
  const serve = useServers();
  const handlers: CostAwareHandler[] = [];
  afterEach(async () => {
    for (const { meter } of handlers.splice(0)) await meter.close({ timeoutMs: 0 });
    jest.restoreAllMocks();
  });
  return {
    get eden() {
      return standIn.eden;
    },
    costAware(options: CostAwareOptions): CostAwareHandler {
      const handler = costAware({ baseUrls: [standIn.eden.url], rateCard: false, ...options });
      handlers.push(handler);
      return handler;
    },
    /** One chat by plain fetch, which rejects on a 402; its status. */
    async chat(reply?: Omit<ReplyOptions, 'hold'>): Promise<number> {
      try {
        const response = await fetch(`${standIn.eden.baseUrl}/chat/completions`, postInit(CHAT, { reply }));
        await readAnswer(response);
        return response.status;
      } catch (error) {
        return (error as { status?: number }).status ?? 0;
      }
    },
    /** An app whose `/ask/:id` runs `handler` behind these. */
    app(before: readonly RequestHandler[], handler: RequestHandler): Express {
      const app = express().set('env', 'test');
      for (const one of before) app.use(one);
      return app.get('/ask/:id', handler);
    },
    async get(app: Express, path = '/ask/42?secret=1'): Promise<number> {
      const { url } = await serve(app);
      return (await fetch(`${url}${path}`)).status;
    },
    serve,
  };
}

/** The options name no logger. What goes to pino on stdout meanwhile is returned. */
export function unnamed(): { options: { logger: never }; stdout: string[] } {
  const stdout: string[] = [];
  jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
    stdout.push(String(text));
    return true;
  });
  return { options: { logger: undefined as never }, stdout };
}
