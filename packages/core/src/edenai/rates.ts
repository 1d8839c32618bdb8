import type { Operation } from '../charge.js';
import { estimateToNanos, type Nanos, nanosToUsd } from '../money.js';
import type { Rate, RateCard } from './rate.js';
import type { RequestBound } from './request-bound.js';
import type { TokenUsage } from './usage.js';

export { answerRate } from './answer-rate.js';
export type { Rate, RateCard } from './rate.js';
export { cardOf, type PriceList, parsePriceList, type RateTable, rateCardOf } from './rate-card.js';

/** Providers put a prompt of their own before declared tools: some 300 to 800 tokens that no byte of the body stands for. */
const TOOL_PROMPT_TOKENS = 1024;

/** What else is sold by the image, the second or the character: its tokens say nothing of its cost. */
const BILLED_BY_TOKENS: ReadonlySet<Operation> = new Set(['chat', 'responses', 'messages', 'embeddings', 'moderation']);

/**
 * Prices tokens, rounded half up. An output without a price counts as input.
 *
 * @returns nano-USD
 */
export function rateUsage(rate: Rate, usage: TokenUsage): Nanos {
  const { inputNanosPerToken: input, outputNanosPerToken: output = input } = rate;
  const cached = usage.cachedInputTokens ?? 0;
  const written = usage.cacheWriteTokens ?? 0;
  const fresh = usage.cacheIsExtra ? usage.inputTokens : Math.max(0, usage.inputTokens - cached - written);
  const nanos =
    fresh * input +
    cached * (rate.cacheReadNanosPerToken ?? input) +
    written * (rate.cacheWriteNanosPerToken ?? input) +
    usage.outputTokens * output;
  return Math.round(nanos);
}

/**
 * The most that a call can cost, rounded up: as many input tokens as the body has bytes (a token is a byte at least), and
 * all the output that it allows. Over the model and its fallbacks, the dearest.
 *
 * @returns nano-USD; `undefined` when there is no such bound: the operation is not billed by tokens, the output has no
 * limit, the input is not all text, or one of the models has no rate
 */
export function worstCase(
  card: Pick<RateCard, 'rate'>,
  operation: Operation,
  model: string,
  bound: RequestBound,
): Nanos | undefined {
  const { fallbacks = [], maxOutputTokens, choices = 1, textOnly, bytes, hasTools } = bound;
  if (!BILLED_BY_TOKENS.has(operation) || maxOutputTokens === undefined || !textOnly) return undefined;
  const inputTokens = bytes + (hasTools ? TOOL_PROMPT_TOKENS : 0);
  const outputTokens = maxOutputTokens * choices;
  let dearest = 0;
  for (const name of [model, ...fallbacks]) {
    const rate = card.rate(name);
    if (rate === undefined || (outputTokens > 0 && rate.outputNanosPerToken === undefined)) return undefined;
    const { inputNanosPerToken: input, cacheReadNanosPerToken: read = 0, cacheWriteNanosPerToken: write = 0 } = rate;
    const nanos = inputTokens * Math.max(input, read, write) + outputTokens * (rate.outputNanosPerToken ?? 0);
    dearest = Math.max(dearest, estimateToNanos(nanosToUsd(nanos)));
  }
  return dearest;
}
