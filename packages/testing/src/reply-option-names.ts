import { readUsd } from './money.js';
import type { ReplyOptions } from './reply-options.js';

const NAMES: Record<keyof ReplyOptions, true> = {
  costUsd: true,
  costAs: true,
  costAt: true,
  cached: true,
  byok: true,
  billed: true,
  billedUsd: true,
  inputTokens: true,
  outputTokens: true,
  cachedTokens: true,
  cacheWriteTokens: true,
  text: true,
  model: true,
  provider: true,
  extra: true,
  bodyBytes: true,
  body: true,
  metadata: true,
  outcome: true,
  misspellSuccess: true,
  pollsNeeded: true,
  provisionalCostUsd: true,
  settledCostUsd: true,
  redirectContent: true,
  status: true,
  errorShape: true,
  errorMessage: true,
  retryAfter: true,
  retryAfterInBody: true,
  rejectStreamOptions: true,
  reset: true,
  latencyMs: true,
  hold: true,
  headers: true,
  encoding: true,
  chunked: true,
  truncateTo: true,
  cutAfterBytes: true,
  pieceBytes: true,
  splitAt: true,
  malformed: true,
  chunks: true,
  chunkDelayMs: true,
  holdAfterEvents: true,
  cutAfterEvents: true,
  errorFrameAfterEvents: true,
  lineEnd: true,
  joinEvents: true,
  usageNull: true,
  usageOn: true,
  costSoFarUsd: true,
  usageChoices: true,
  usageExtra: true,
  ignoreStreamOptions: true,
  withoutDone: true,
};

const isReplyOption = (name: string): name is keyof ReplyOptions => Object.hasOwn(NAMES, name);

/** The reply options among `options`. */
export const pickReplyOptions = (options: object): ReplyOptions =>
  Object.fromEntries(Object.entries(options).filter(([name, value]) => isReplyOption(name) && value !== undefined));

const AMOUNTS = ['costUsd', 'billedUsd', 'provisionalCostUsd', 'settledCostUsd', 'costSoFarUsd'] as const;

/** What is wrong with the given options: a name that is neither a reply option nor one of `others`, or no amount. */
export function misuseOf(options: ReplyOptions, others: readonly string[] = []): string | undefined {
  const unknown = Object.keys(options).find((name) => !isReplyOption(name) && !others.includes(name));
  if (unknown) return `there is no option "${unknown}"`;
  const wrong = AMOUNTS.find((name) => options[name] !== undefined && readUsd(options[name]) === undefined);
  return wrong && `${wrong} must be an amount in USD of 0 or more, not ${options[wrong]}`;
}
