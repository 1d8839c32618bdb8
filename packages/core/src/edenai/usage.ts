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
const PATHS = {
  input: [['prompt_tokens'], ['input_tokens']],
  output: [['completion_tokens'], ['output_tokens']],
  cached: [
    ['prompt_tokens_details', 'cached_tokens'],
    ['input_tokens_details', 'cached_tokens'],
    ['cache_read_input_tokens'],
  ],
  cacheWrite: [
    ['prompt_tokens_details', 'cache_write_tokens'],
    ['cache_write_tokens'],
    ['cache_creation_input_tokens'],
  ],
} as const;

/**
 * Reads the `usage` of an answer: the chat, responses and messages shapes. A count that is no sensible number is ignored,
 * a missing one is 0 (embeddings have no output).
 *
 * @returns `undefined` when there is neither an input nor an output count
 */
export function readUsage(value: unknown): TokenUsage | undefined {
  const input = firstCount(value, PATHS.input);
  const output = firstCount(value, PATHS.output);
  if (input === undefined && output === undefined) return undefined;
  const cached = firstCount(value, PATHS.cached);
  const cacheWrite = firstCount(value, PATHS.cacheWrite);
  const extra = member(value, 'cache_read_input_tokens') ?? member(value, 'cache_creation_input_tokens');
  const cacheIsExtra = extra !== undefined && member(value, 'prompt_tokens') === undefined;
  const usage: Writable<TokenUsage> = { inputTokens: input ?? 0, outputTokens: output ?? 0 };
  if (cached !== undefined) usage.cachedInputTokens = cached;
  if (cacheWrite !== undefined) usage.cacheWriteTokens = cacheWrite;
  if (cacheIsExtra) usage.cacheIsExtra = true;
  return usage;
}

function firstCount(value: unknown, paths: readonly (readonly string[])[]): number | undefined {
  for (const path of paths) {
    let count = value;
    for (const key of path) count = member(count, key);
    if (Number.isInteger(count) && (count as number) >= 0 && (count as number) <= MOST_TOKENS) return count as number;
  }
  return undefined;
}

function member(value: unknown, key: string): unknown {
  const found = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined;
  return found ?? undefined;
}
