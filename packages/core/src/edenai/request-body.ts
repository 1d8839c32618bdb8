import type { Operation } from '../charge.js';
import type { Writable } from '../writable.js';
import { BOUND_KEYS, isUnbounded } from './input-bound.js';
import { readSpan, type Scan, scanTopLevel, spanText } from './json-scan.js';

/** What the body of a request says about what it may cost. */
export interface RequestFacts {
  readonly model?: string;
  readonly stream: boolean;
  /** The most output tokens per choice; the largest where several limits are given. 0 where there is no output. */
  readonly maxOutputTokens?: number;
  /** `n`: how many answers are asked for. */
  readonly choices?: number;
  /** `stream_options.include_usage`. */
  readonly asksUsage: 'yes' | 'no' | 'absent';
  /** The input is all in the body, as text: it has no more tokens than the body has bytes. */
  readonly textOnly: boolean;
  /** Tools are declared; providers put a prompt of their own before them. */
  readonly hasTools: boolean;
  /** Models that may answer instead; `''` for an entry that cannot be read. */
  readonly fallbacks?: readonly string[];
  /** It has `tags` of its own. */
  readonly hasTags?: true;
  readonly bytes: number;
}

const LIMITS = ['max_tokens', 'max_completion_tokens', 'max_output_tokens'];

const FALLBACKS = ['fallbacks', 'fallback_providers'];

const KEYS = [...LIMITS, ...FALLBACKS, ...BOUND_KEYS, 'model', 'stream', 'stream_options', 'n', 'tools', 'tags'];

/** An app may pass on what its client calls the model, and denials and log lines keep it: a longer text is no name. */
const LONGEST_NAME = 256;

const OPEN_BRACE = 0x7b;

/** Billed by their input alone. */
const NO_OUTPUT: ReadonlySet<Operation> = new Set(['embeddings', 'moderation']);

/**
 * Reads a request's JSON body without parsing it whole: it may hold megabytes of images. A body that is no JSON object
 * (multipart, say) gives just its size.
 *
 * @param body UTF-8
 */
export function readRequest(operation: Operation, body: Buffer | undefined): RequestFacts {
  const bytes = body?.length ?? 0;
  const nothing: RequestFacts = { stream: false, asksUsage: 'absent', textOnly: false, hasTools: false, bytes };
  if (body === undefined) return nothing;
  const scan = scanTopLevel(body, KEYS);
  if (!scan.complete) return nothing;

  const value = (key: string): unknown => readSpan(body, scan.values.get(key));
  const model = value('model');
  const maxOutputTokens = NO_OUTPUT.has(operation) ? 0 : largest(LIMITS, value);
  const choices = value('n');
  const tools = value('tools');
  const fallbacks = FALLBACKS.some((key) => scan.values.has(key))
    ? FALLBACKS.flatMap((key) => readFallbacks(value(key)))
    : [];
  const facts: Writable<RequestFacts> = {
    stream: spanText(body, scan.values.get('stream')) === 'true',
    asksUsage: readAsksUsage(body, scan),
    textOnly: !isUnbounded(body, scan, tools),
    hasTools: Array.isArray(tools) && tools.length > 0,
    bytes,
  };
  if (typeof model === 'string' && model !== '' && model.length <= LONGEST_NAME) facts.model = model;
  if (maxOutputTokens !== undefined) facts.maxOutputTokens = maxOutputTokens;
  if (isCount(choices)) facts.choices = choices;
  if (fallbacks.length > 0) facts.fallbacks = fallbacks;
  if (body[scan.values.get('tags')?.start ?? -1] === OPEN_BRACE) facts.hasTags = true;
  return facts;
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

function readAsksUsage(body: Buffer, scan: Scan): RequestFacts['asksUsage'] {
  const options = readSpan(body, scan.values.get('stream_options')) as { include_usage?: unknown } | null | undefined;
  const asked = options?.include_usage;
  return typeof asked === 'boolean' ? (asked ? 'yes' : 'no') : 'absent';
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
