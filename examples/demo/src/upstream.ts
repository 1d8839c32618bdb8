import { randomUUID } from 'node:crypto';
import { type EdenStandIn, startEdenStandIn } from '@eden-cost/testing';

/** What the demo's apps call: a stand-in on this machine, or Eden AI itself. */
export interface Upstream {
  readonly baseUrl: string;
  readonly apiKey: string;
  /** `undefined`: it is Eden AI itself. */
  readonly standIn: EdenStandIn | undefined;
  /** The question, such that Eden AI's response cache does not know it: a cached answer is free. */
  ask(question: string): string;
  close(): Promise<void>;
}

/** How soon the stand-in's auto-refill comes after the balance is empty. */
const REFILL_AFTER_MS = 1_500;

export async function openUpstream({ EDENAI_API_KEY, EDENAI_BASE_URL }: NodeJS.ProcessEnv): Promise<Upstream> {
  if (EDENAI_API_KEY) {
    return {
      baseUrl: EDENAI_BASE_URL || 'https://api.edenai.run/v3',
      apiKey: EDENAI_API_KEY,
      standIn: undefined,
      ask: (question) => `${question} (${randomUUID().slice(0, 8)})`,
      close: async () => {},
    };
  }
  const standIn = await startEdenStandIn({
    balanceUsd: 5,
    autoRefill: { thresholdUsd: 1, amountUsd: 10, mode: 'delayed', delayMs: REFILL_AFTER_MS },
    errorShape: 'balance',
    latencyMs: 40,
    chunkDelayMs: 60,
    chunks: 8,
    text: 'The sky is blue because air scatters the short waves of sunlight more than the long ones.',
  });
  return {
    baseUrl: standIn.baseUrl,
    apiKey: 'test-key',
    standIn,
    ask: (question) => question,
    close: () => standIn.close(),
  };
}
