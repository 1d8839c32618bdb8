import type { Charge } from '@eden-cost/core';
import type { ReplyOptions } from '@eden-cost/testing';

/** One way to use Eden AI, and what it comes to. */
export interface Endpoint {
  readonly name: string;
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly json?: Readonly<Record<string, unknown>>;
  readonly form?: Readonly<Record<string, string>>;
  /** How the stand-in answers, beside the cost. */
  readonly reply?: ReplyOptions;
  /** Starts a job: where it is read, by its id. */
  readonly polledAt?: string;
  readonly charge: Pick<Charge, 'operation' | 'basis'> | 'none';
  /** What is charged when the answer does not say what it costs. Default: what the stand-in booked. */
  readonly nanos?: number;
  /** How many requests it takes. Default 1. */
  readonly requests?: number;
  /** What it comes to when it cannot be asked for its usage. */
  readonly unasked?: { readonly basis: Charge['basis']; readonly nanos: number; readonly requests?: number };
}

const SONNET = 'anthropic/claude-sonnet-4-5';
export const RATE_CARD = { [SONNET]: { inputUsdPerToken: 3e-6, outputUsdPerToken: 1.5e-5 } };

/** How often a job is read. */
export const POLLS = 3;

const CHAT = { model: 'openai/gpt-4o', messages: [{ role: 'user', content: 'Hello, Eden' }] };
const MESSAGE = { ...CHAT, model: SONNET, max_tokens: 99 };
const RESPONSE = { model: 'openai/gpt-4o', input: 'Hello, Eden' };
const AUDIO = { model: 'openai/whisper-1' };
const FEATURE = { model: 'ocr/financial_parser/mindee', input: { file: 'https://example.org/a.pdf' } };
const V2 = { providers: 'google,openai,mistral', text: 'Hello, Eden' };
const STREAM = { stream: true };
const ASKED = { ...STREAM, stream_options: { include_usage: true } };

const reported = (operation: Charge['operation']) => ({ operation, basis: 'reported' as const });
const free = (operation: Charge['operation']) => ({ operation, basis: 'free' as const });
const estimated = { operation: 'transcription', basis: 'estimated' } as const;

/** What is booked for a transcription, and for a chat, whose cost nobody says. */
const TRANSCRIPTION_NANOS = 50_000_000;
const CHAT_NANOS = 10_000_000;

const transcription = (format: string): Pick<Endpoint, 'path' | 'form'> => ({
  path: '/v3/audio/transcriptions',
  form: { ...AUDIO, response_format: format },
});

/** Every endpoint (Eden AI wire notes, "Where the cost is"), streamed and not. */
export const ENDPOINTS: readonly Endpoint[] = [
  { name: 'chat', path: '/v3/chat/completions', json: CHAT, charge: reported('chat') },
  ...(['gzip', 'br', 'deflate'] as const).flatMap((encoding): Endpoint[] => [
    {
      name: `chat, in ${encoding}, a byte at a time`,
      path: '/v3/chat/completions',
      json: CHAT,
      reply: { encoding, pieceBytes: 1 },
      charge: reported('chat'),
    },
    {
      name: `chat, streamed in ${encoding}`,
      path: '/v3/chat/completions',
      json: { ...CHAT, ...ASKED },
      reply: { encoding },
      charge: reported('chat'),
    },
  ]),
  {
    name: 'chat, streamed',
    path: '/v3/chat/completions',
    json: { ...CHAT, ...STREAM },
    charge: reported('chat'),
    unasked: { basis: 'estimated', nanos: CHAT_NANOS },
  },
  {
    name: 'chat, streamed, by a caller who asks for the usage',
    path: '/v3/chat/completions',
    json: { ...CHAT, ...ASKED },
    charge: reported('chat'),
  },
  {
    name: 'chat, streamed, by a gateway that will not hear of the usage',
    path: '/v3/chat/completions',
    json: { ...CHAT, ...STREAM, model: 'openai/gpt-4o-mini' },
    reply: { rejectStreamOptions: 422 },
    charge: { operation: 'chat', basis: 'estimated' },
    nanos: CHAT_NANOS,
    unasked: { basis: 'estimated', nanos: CHAT_NANOS },
    requests: 2,
  },
  {
    name: 'chat, from the response cache',
    path: '/v3/chat/completions',
    json: CHAT,
    reply: { cached: true },
    charge: free('chat'),
  },
  { name: 'responses', path: '/v3/responses', json: RESPONSE, charge: reported('responses') },
  {
    name: 'responses, streamed',
    path: '/v3/responses',
    json: { ...RESPONSE, ...STREAM },
    charge: reported('responses'),
  },
  { name: 'messages', path: '/v3/v1/messages', json: MESSAGE, charge: reported('messages') },
  {
    name: 'messages, streamed: tokens and no cost',
    path: '/v3/v1/messages',
    json: { ...MESSAGE, ...STREAM },
    reply: { inputTokens: 1_234, outputTokens: 56, costUsd: '0.004542' },
    charge: { operation: 'messages', basis: 'rated' },
  },
  {
    name: 'embeddings',
    path: '/v3/embeddings',
    json: { model: 'openai/text-embedding-3-small', input: ['Hello', 'Eden'] },
    charge: reported('embeddings'),
  },
  {
    name: 'images/generations',
    path: '/v3/images/generations',
    json: { prompt: 'a cat' },
    reply: { bodyBytes: 400_000 },
    charge: reported('images'),
  },
  { name: 'images/edits', path: '/v3/images/edits', form: { prompt: 'a hat' }, charge: reported('images') },
  { name: 'transcriptions, json', ...transcription('json'), charge: reported('transcription') },
  { name: 'transcriptions, verbose_json', ...transcription('verbose_json'), charge: reported('transcription') },
  { name: 'transcriptions, text', ...transcription('text'), charge: estimated, nanos: TRANSCRIPTION_NANOS },
  { name: 'transcriptions, srt', ...transcription('srt'), charge: estimated, nanos: TRANSCRIPTION_NANOS },
  { name: 'transcriptions, vtt', ...transcription('vtt'), charge: estimated, nanos: TRANSCRIPTION_NANOS },
  {
    name: 'speech',
    path: '/v3/audio/speech',
    json: { model: 'openai/tts-1', voice: 'alloy', input: 'Hello' },
    charge: reported('speech'),
  },
  {
    name: 'speech, streamed',
    path: '/v3/audio/speech',
    json: { model: 'openai/tts-1', voice: 'alloy', input: 'Hello', stream_format: 'audio' },
    charge: reported('speech'),
  },
  {
    name: 'moderations',
    path: '/v3/moderations',
    json: { model: 'openai/omni-moderation-latest', input: 'Hello' },
    charge: reported('moderation'),
  },
  { name: 'alpha/decisions', path: '/v3/alpha/decisions', json: { question: 'Go?' }, charge: reported('other') },
  { name: 'universal-ai', path: '/v3/universal-ai', json: FEATURE, charge: reported('feature') },
  {
    name: 'universal-ai, a provider that fails for free',
    path: '/v3/universal-ai',
    json: FEATURE,
    reply: { outcome: 'fail', costUsd: 0 },
    charge: free('feature'),
  },
  {
    name: 'universal-ai, a provider that fails and bills',
    path: '/v3/universal-ai',
    json: FEATURE,
    reply: { outcome: 'fail' },
    charge: reported('feature'),
  },
  {
    name: 'universal-ai/async, until it is done',
    path: '/v3/universal-ai/async',
    json: FEATURE,
    reply: { provisionalCostUsd: 0.09 },
    requests: 1 + POLLS,
    polledAt: '/v3/universal-ai/async/',
    charge: reported('job'),
  },
  {
    name: 'universal-ai/async, that fails',
    path: '/v3/universal-ai/async',
    json: FEATURE,
    reply: { outcome: 'fail', provisionalCostUsd: 0.09 },
    requests: 1 + POLLS,
    polledAt: '/v3/universal-ai/async/',
    charge: free('job'),
    nanos: 0,
  },
  {
    name: 'videos, until it is done',
    path: '/v3/videos',
    json: { model: 'openai/sora-2', prompt: 'a cat', seconds: 4 },
    requests: 1 + POLLS,
    polledAt: '/v3/videos/',
    charge: reported('video'),
  },
  { name: 'a v2 feature, over its providers', path: '/v2/text/chat', json: V2, charge: reported('feature') },
  {
    name: 'a v2 feature whose providers fail',
    path: '/v2/text/chat',
    json: V2,
    reply: { outcome: 'fail', costUsd: 0 },
    charge: free('feature'),
  },
  { name: 'a path that nobody knows', path: '/v3/brand/new', json: { anything: 1 }, charge: reported('other') },
  { name: 'models', method: 'GET', path: '/v3/models', charge: 'none' },
  { name: 'the price list of a feature', method: 'GET', path: '/v3/info/ocr/invoice_parser', charge: 'none' },
  { name: 'messages/count_tokens', path: '/v3/v1/messages/count_tokens', json: MESSAGE, charge: 'none' },
  { name: 'upload', path: '/v3/upload', form: { purpose: 'any' }, charge: 'none' },
  { name: 'the list of jobs', method: 'GET', path: '/v3/universal-ai/async', charge: 'none' },
  { name: 'the credits', method: 'GET', path: '/v2/cost_management/credits/', charge: 'none' },
  { name: 'a deletion', method: 'DELETE', path: '/v3/universal-ai/async/1', charge: 'none' },
];
