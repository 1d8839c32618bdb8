import type { RawAnswer } from './raw-http.js';

/** What must never leave the app: each is planted where a careless adapter would let it out. */
export const CANARIES = {
  key: 'sk-canary-key',
  prompt: 'canary-prompt',
  label: 'canary-tenant',
  budget: 'canary-budget',
  header: 'canary-header',
  body: 'canary-body',
  /** Of a budget, in USD. */
  limitUsd: 0.0731,
} as const;

/** `limitUsd` in USD, in nano-USD and in percent. */
export const AMOUNTS = /0?\.0731|73_?100_?000|7\.31/;

/** Traces of the machine and of our own plumbing. */
const TRACES = [
  /\bat .*[:(]\d+/, // a line of a stack
  /\.[cm]?[jt]s\b/,
  /node_modules|node:internal/,
  /x-should-retry|x-eden-cost|x-stainless/i,
  /openai|eden/i,
  AMOUNTS,
  /insufficient|balance|_credits/i,
];

/** Everything that a client gets, from the status line to the trailers. */
export function expectNothingPrivate({ text }: Pick<RawAnswer, 'text'>): void {
  for (const [place, canary] of Object.entries(CANARIES)) {
    if (text.includes(String(canary))) throw new Error(`The ${place} is in the answer:\n${text}`);
  }
  for (const trace of TRACES) if (trace.test(text)) throw new Error(`${trace} is in the answer:\n${text}`);
}

const SECRETS = ['key', 'prompt', 'header', 'body'] as const;

/** Log lines and events are for operators: they may name budgets, labels and amounts, and none of these. */
export function expectNoSecret(text: string): void {
  for (const place of SECRETS) if (text.includes(CANARIES[place])) throw new Error(`The ${place} is there:\n${text}`);
}
