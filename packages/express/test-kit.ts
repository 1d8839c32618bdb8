import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { meterInProcess } from '@eden-cost/core';
import { type EdenStandIn, type StandInOptions, startEdenStandIn } from '@eden-cost/testing';
import type { Express } from 'express';
import OpenAI from 'openai';
import { type CostAwareHandler, type CostAwareOptions, costAware, type LogLine } from './src/index.js';

export interface CostLine extends LogLine {
  readonly req: { readonly id: string; readonly method: string; readonly route?: string };
  readonly res: { readonly statusCode: number };
  readonly edenai: Record<string, unknown>;
}

export interface Kit {
  readonly eden: EdenStandIn;
  /** What the meter of this test logged. */
  readonly lines: LogLine[];
  /** The cost lines among them. */
  costLines(): CostLine[];
  /** `costAware`; the first makes a meter of the stand-in's calls, without a rate card. */
  metered(options?: CostAwareOptions): CostAwareHandler;
  /** Serves an app on a free port, until the test is over. */
  serve(app: Express): Promise<string>;
  /** One chat by the openai SDK; it costs what the stand-in is told, and 0.01 USD otherwise. */
  chat(): Promise<unknown>;
}

/** What the tests of one file need. Everything that they open is closed after each. */
export function useKit(options: StandInOptions = {}): Kit {
  let eden: EdenStandIn;
  const lines: LogLine[] = [];
  const handlers: CostAwareHandler[] = [];
  const stops: (() => Promise<unknown>)[] = [];

  beforeAll(async () => {
    eden = await startEdenStandIn({ costUsd: 0.01, ...options });
  });
  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop();
    for (const { meter } of handlers.splice(0)) await meter.close({ timeoutMs: 0 });
    lines.length = 0;
    eden.reset();
  });
  afterAll(() => eden.close());

  return {
    get eden() {
      return eden;
    },
    lines,
    costLines: () => lines.filter(({ msg }) => msg === 'edenai request cost') as CostLine[],
    metered(more) {
      const logger = (line: LogLine) => void lines.push(line);
      const meter: CostAwareOptions = { baseUrls: [eden.url], rateCard: false, logger };
      const handler = costAware({ ...(meterInProcess() === undefined && meter), ...more });
      handlers.push(handler);
      return handler;
    },
    async serve(app) {
      const server = app.listen(0);
      await once(server, 'listening');
      stops.push(async () => {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      });
      return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    },
    chat: () =>
      new OpenAI({ baseURL: eden.baseUrl, apiKey: 'any' }).chat.completions.create({
        model: 'openai/gpt-4o',
        messages: [{ role: 'user', content: 'Hello' }],
      }),
  };
}

/** Lets the event loop turn until something that nobody announces has happened. The test's own time-out ends it. */
export async function turnsUntil(happened: () => boolean): Promise<void> {
  while (!happened()) await nextTurn();
}
