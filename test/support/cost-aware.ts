import { meterInProcess } from '@eden-cost/core';
import { type CostAwareHandler, type CostAwareOptions, costAware, type LogLine } from '@eden-cost/express';
import type { EdenStandIn } from '@eden-cost/testing';
import OpenAI from 'openai';

export interface CostAwareKit {
  /** `costAware`; the first makes a meter of the stand-in's calls, without a rate card, that is closed after it. */
  costAware(options?: CostAwareOptions): CostAwareHandler;
  /** Everything that its meter logged. */
  readonly lines: LogLine[];
  /** The cost lines among them. */
  costLines(): CostLine[];
  /** A client with the SDK's own defaults. */
  openai(options?: ConstructorParameters<typeof OpenAI>[0]): OpenAI;
}

export interface CostLine extends LogLine {
  readonly req: { id: string; method: string; route?: string };
  readonly res: { statusCode: number };
  readonly responseTime: number;
  readonly edenai: {
    readonly costNanos: number;
    readonly calls: number;
    readonly deniedCalls: number;
    readonly labels: Record<string, string>;
    readonly aborted: boolean;
    readonly late: boolean;
  };
}

/** What tests of an Express app need, for one test file. */
export function useCostAware(eden: () => EdenStandIn): CostAwareKit {
  const handlers: CostAwareHandler[] = [];
  const lines: LogLine[] = [];
  afterEach(async () => {
    for (const { meter } of handlers.splice(0)) await meter.close({ timeoutMs: 0 });
    lines.length = 0;
  });
  return {
    lines,
    costLines: () => lines.filter(({ msg }) => msg === 'edenai request cost') as CostLine[],
    costAware(options) {
      const logger = (line: LogLine) => void lines.push(line);
      const meter: CostAwareOptions = { baseUrls: [eden().url], rateCard: false, logger };
      const handler = costAware({ ...(meterInProcess() === undefined && meter), ...options });
      handlers.push(handler);
      return handler;
    },
    openai: (options) => new OpenAI({ baseURL: eden().baseUrl, apiKey: 'any', ...options }),
  };
}
