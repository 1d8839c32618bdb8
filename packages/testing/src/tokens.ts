import type { Call } from './call.js';

/** Tokens of one call; `input` includes the cached and the written ones. */
export interface Tokens {
  readonly input: number;
  readonly output: number;
  readonly cached: number;
  readonly cacheWrite: number;
}

const CHARACTERS_PER_TOKEN = 4;

const DEFAULT_TEXT = 'A stand-in answers: naïve café, 5 €, 東京, 🌱.';

/** The most output tokens that the request allows. */
function maxOutput({ body }: Call): number {
  const limit = body.max_completion_tokens ?? body.max_output_tokens ?? body.max_tokens;
  return typeof limit === 'number' && limit >= 0 ? Math.floor(limit) : Number.POSITIVE_INFINITY;
}

function unlimitedText({ options }: Call): string {
  const words = (count: number) => Array.from({ length: count }, (_, index) => `word${index} `).join('');
  const text = options.text ?? (options.chunks === undefined ? DEFAULT_TEXT : words(options.chunks));
  return text.padEnd(options.bodyBytes ?? 0, 'x');
}

/** The content of an answer: a scripted text in full, any other no longer than `max_tokens` allows. */
export function answerText(call: Call): string {
  const text = unlimitedText(call);
  const limit = maxOutput(call) * CHARACTERS_PER_TOKEN;
  if (call.options.text !== undefined || text.length <= limit) return text;
  return Array.from(text).slice(0, limit).join('');
}

/** True when `max_tokens` ended the answer. */
export const isCutShort = (call: Call): boolean => countTokens(call).output >= maxOutput(call);

/**
 * Counts tokens so that `max_tokens` and the body's length bound the price from above: never more output than
 * `max_tokens`, never more input than one token a byte, unless the test says another number of input tokens.
 */
export function countTokens(call: Call): Tokens {
  const { options, request } = call;
  const { cachedTokens: cached = 0, cacheWriteTokens: cacheWrite = 0 } = options;
  const counted = Math.max(1, Math.ceil(request.bodyBytes.length / CHARACTERS_PER_TOKEN));
  const written = options.outputTokens ?? Math.ceil(Array.from(answerText(call)).length / CHARACTERS_PER_TOKEN);
  return {
    input: Math.max(options.inputTokens ?? counted, cached + cacheWrite),
    output: Math.min(written, maxOutput(call)),
    cached,
    cacheWrite,
  };
}

/** A text in `count` parts, none of them cut inside a character. */
export function splitText(text: string, count: number): string[] {
  const characters = Array.from(text);
  const at = (index: number) => Math.round((characters.length * index) / count);
  return Array.from({ length: count }, (_, index) => characters.slice(at(index), at(index + 1)).join(''));
}
