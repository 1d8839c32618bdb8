import type { Writable } from '../writable.js';

/** Tokens as an answer counts them; nothing is added up. */
export interface TokenUsage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Input tokens that the provider read from its prompt cache. */
  readonly cachedInputTokens?: number;
  /** Input tokens that the provider wrote to its prompt cache. */
  readonly cacheWriteTokens?: number;
  /** True in the Anthropic shape: cached tokens are counted beside `inputTokens`, in the OpenAI shapes within. */
  readonly cacheIsExtra?: boolean;
}

/** No model reads or writes as much in one call: a greater number is junk. */
const MOST_TOKENS = 100_000_000;

/** Where each shape keeps each count (Eden AI wire notes, "Tokens in the answer"): chat, responses, messages. */
interface RawUsage {
  readonly prompt_tokens?: unknown;
  readonly completion_tokens?: unknown;
  readonly input_tokens?: unknown;
  readonly output_tokens?: unknown;
  readonly prompt_tokens_details?: RawDetails | null;
  readonly input_tokens_details?: RawDetails | null;
  readonly cache_write_tokens?: unknown;
  readonly cache_read_input_tokens?: unknown;
  readonly cache_creation_input_tokens?: unknown;
}

interface RawDetails {
  readonly cached_tokens?: unknown;
  readonly cache_write_tokens?: unknown;
}

/**
 * Reads the `usage` of an answer: the chat, responses and messages shapes. A count that is no sensible number is ignored,
 * a missing one is 0 (embeddings have no output).
 *
 * @returns `undefined` when there is neither an input nor an output count
 */
export function readUsage(value: unknown): TokenUsage | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const raw: RawUsage = value;
  const prompt = raw.prompt_tokens_details;
  const input = countOf(raw.prompt_tokens) ?? countOf(raw.input_tokens);
  const output = countOf(raw.completion_tokens) ?? countOf(raw.output_tokens);
  if (input === undefined && output === undefined) return undefined;
  const cached =
    countOf(prompt?.cached_tokens) ??
    countOf(raw.input_tokens_details?.cached_tokens) ??
    countOf(raw.cache_read_input_tokens);
  const cacheWrite =
    countOf(prompt?.cache_write_tokens) ?? countOf(raw.cache_write_tokens) ?? countOf(raw.cache_creation_input_tokens);
  const extra = raw.cache_read_input_tokens ?? raw.cache_creation_input_tokens ?? undefined;
  const cacheIsExtra = extra !== undefined && (raw.prompt_tokens ?? undefined) === undefined;
  const usage: Writable<TokenUsage> = { inputTokens: input ?? 0, outputTokens: output ?? 0 };
  if (cached !== undefined) usage.cachedInputTokens = cached;
  if (cacheWrite !== undefined) usage.cacheWriteTokens = cacheWrite;
  if (cacheIsExtra) usage.cacheIsExtra = true;
  return usage;
}

const countOf = (value: unknown): number | undefined =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) <= MOST_TOKENS ? (value as number) : undefined;
