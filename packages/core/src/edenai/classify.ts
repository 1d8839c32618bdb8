import type { Operation } from '../charge.js';
import { remembered } from '../remembered.js';
import { jobIdOf } from './jobs.js';

/** Which shape an endpoint's error bodies have (Eden AI wire notes, "Running out of credits, and other errors"). */
export type Family = 'openai' | 'anthropic' | 'universal' | 'v2' | 'other';

/** What a call is, told from its method and path alone. */
export interface CallKind {
  readonly operation: Operation;
  /** Eden AI never charges for this path: a `cost` or `credits` in its answer is not a charge. */
  readonly free: boolean;
  readonly family: Family;
  /** The job or video that a poll reads. */
  readonly poll?: { readonly id: string };
  /** Of a v2 call: `feature__subfeature`, which only its path says. */
  readonly feature?: string;
}

interface Rule {
  readonly method?: 'GET' | 'POST';
  /** Matched against the path without its version and without slashes at either end. Its first group is a poll's id. */
  readonly path: RegExp;
  readonly operation: Operation;
  readonly family: Family;
  readonly free?: true;
}

const free = (family: Family, path: RegExp, method?: 'GET' | 'POST'): Rule => ({
  ...(method && { method }),
  path,
  operation: 'other',
  family,
  free: true,
});

const post = (operation: Operation, family: Family, path: RegExp): Rule => ({
  method: 'POST',
  path,
  operation,
  family,
});

const poll = (family: Family, path: RegExp): Rule => ({ method: 'GET', path, operation: 'poll', family });

/**
 * Below `/v3` (Eden AI wire notes, "Where the cost is"; public page "OpenAI-Compatible Chat Completions"). The first rule
 * that fits counts.
 */
const V3: readonly Rule[] = [
  free('universal', /^(?:info|upload|manage|cost_management)(?:\/|$)/),
  free('openai', /^models(?:\/|$)/),
  free('openai', /\/models$/, 'GET'),
  free('anthropic', /^messages\/count_tokens$/),
  free('universal', /^universal-ai\/async$/, 'GET'),
  free('openai', /^(?:v1\/)?(?:responses|chat\/completions)\/./, 'GET'), // a stored answer repeats the cost that it had
  free('openai', /^videos$/, 'GET'),
  free('openai', /^videos\/[^/]+\/content$/, 'GET'),
  poll('universal', /^universal-ai\/async\/([^/]+)$/),
  poll('openai', /^videos\/([^/]+)$/),
  post('chat', 'openai', /^chat\/completions$/),
  post('responses', 'openai', /^responses$/),
  post('messages', 'anthropic', /^messages$/),
  post('embeddings', 'openai', /^embeddings$/),
  post('images', 'openai', /^images\/[^/]+$/),
  post('speech', 'openai', /^audio\/speech$/),
  post('transcription', 'openai', /^audio\/(?:transcriptions|translations)$/),
  post('moderation', 'openai', /^moderations$/),
  post('video', 'openai', /^videos(?:\/[^/]+\/remix)?$/),
  post('feature', 'universal', /^universal-ai$/),
  post('job', 'universal', /^universal-ai\/async$/),
];

/** Below `/v2`, the legacy feature calls: `{feature}/{subfeature}`, and `{subfeature}_async` for jobs. */
const V2: readonly Rule[] = [
  free('v2', /^(?:info|upload|models|cost_management)(?:\/|$)/),
  free('v2', /_async$/, 'GET'),
  poll('v2', /_async\/([^/]+)$/),
  post('job', 'v2', /_async$/),
  post('feature', 'v2', /^[^/]+\/[^/]+/),
];

/** Pages and SDKs of 2026 write `/v3/llm/chat/completions`, Anthropic's SDK adds `v1/`: the same endpoints. */
const ALSO_SPELLED = /^(?:llm\/)?(?:v1\/)?/;

const NEVER_BILLED = new Set(['DELETE', 'HEAD', 'OPTIONS']);

/**
 * Classifies a call.
 *
 * @param method as sent, any case
 * @param path the path below the base URL (see `matchBaseUrl`), with or without a leading `/v3`
 */
export const classify = (method: string, path: string): CallKind => kindsOf(method)(path);

const kindsOf = remembered(16, (method) => {
  const verb = method.toUpperCase();
  return remembered(256, (path) => classified(verb, path));
});

function classified(verb: string, path: string): CallKind {
  const [first, ...rest] = path
    .replace(/[?#].*$/s, '')
    .split('/')
    .filter(Boolean);
  const v2 = first === 'v2';
  const versioned = v2 || first === 'v3';
  const segments = (versioned ? rest : [first, ...rest]).join('/');
  const below = v2 ? segments : segments.replace(ALSO_SPELLED, '');
  const unknown = { operation: 'other', family: v2 ? 'v2' : 'other' } as const;

  const candidates = (v2 ? V2 : V3).filter((rule) => rule.path.test(below));
  if (NEVER_BILLED.has(verb)) return { operation: 'other', family: (candidates[0] ?? unknown).family, free: true };

  const rule = candidates.find((candidate) => candidate.method === undefined || candidate.method === verb);
  if (rule === undefined) return { ...unknown, free: false };
  const { operation, family } = rule;
  const [feature, subfeature = ''] = below.split('/');
  const named = v2 && !rule.free && { feature: `${feature}__${subfeature.replace(/_async$/, '')}` };
  if (operation !== 'poll') return { operation, family, free: rule.free ?? false, ...named };
  return { operation, family, free: false, poll: { id: jobIdOf(decoded(rule.path.exec(below)?.[1] ?? '')) } };
}

/** An id is compared with the one in the job's JSON, which is not percent-encoded. */
function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
