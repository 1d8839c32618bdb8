import type { Operation } from '../charge.js';
import type { Writable } from '../writable.js';
import { INPUT_KEYS, isUnbounded } from './input-bound.js';
import type { JsonObject } from './json-object.js';

/** What a request says about the most that it may cost. */
export interface RequestBound {
  /** The most output tokens per choice; the largest where several limits are given. 0 where there is no output. */
  readonly maxOutputTokens?: number;
  /** `n`: how many answers are asked for. */
  readonly choices?: number;
  /** The input is all in the body, as text: it has no more tokens than the body has bytes. */
  readonly textOnly: boolean;
  /** Tools are declared; providers put a prompt of their own before them. */
  readonly hasTools: boolean;
  /** Models that may answer instead; `''` for an entry that cannot be read. */
  readonly fallbacks?: readonly string[];
  readonly bytes: number;
}

const LIMITS = ['max_tokens', 'max_completion_tokens', 'max_output_tokens'];

const FALLBACKS = ['fallbacks', 'fallback_providers'];

/** The members of a request that {@link readBound} looks at. */
export const BOUND_KEYS: readonly string[] = [...LIMITS, ...FALLBACKS, ...INPUT_KEYS, 'n', 'tools'];

/** Billed by their input alone. */
const NO_OUTPUT: ReadonlySet<Operation> = new Set(['embeddings', 'moderation']);

/** Reads what only a price makes use of: most apps have no need of it. */
export function readBound(operation: Operation, request: JsonObject, body: Buffer): RequestBound {
  const value = (key: string): unknown => request.value(key);
  const maxOutputTokens = NO_OUTPUT.has(operation) ? 0 : largest(LIMITS, value);
  const choices = value('n');
  const tools = value('tools');
  const fallbacks = FALLBACKS.flatMap((key) => readFallbacks(value(key)));
  const bound: Writable<RequestBound> = {
    textOnly: !isUnbounded(body, request, tools),
    hasTools: Array.isArray(tools) && tools.length > 0,
    bytes: body.length,
  };
  if (maxOutputTokens !== undefined) bound.maxOutputTokens = maxOutputTokens;
  if (isCount(choices)) bound.choices = choices;
  if (fallbacks.length > 0) bound.fallbacks = fallbacks;
  return bound;
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) > 0;

/** Of several counts; `undefined` where there is none. */
function largest(keys: readonly string[], value: (key: string) => unknown): number | undefined {
  let most: number | undefined;
  for (const key of keys) {
    const count = value(key);
    if (isCount(count) && count > (most ?? 0)) most = count;
  }
  return most;
}

/** A list of names or of `{model}`; v2 also takes one text with commas. */
function readFallbacks(value: unknown): readonly string[] {
  if (value === undefined || value === null || value === '') return [];
  const entries = Array.isArray(value) ? value : typeof value === 'string' ? value.split(',') : [value];
  return entries.map((entry) => {
    const name = typeof entry === 'string' ? entry : entry?.model;
    return typeof name === 'string' ? name.trim() : '';
  });
}
