import type { Operation } from '@eden-cost/core';
import type { Route } from './call.js';
import type { ModelKind } from './models.js';
import { PRICES } from './prices.js';
import {
  consumptionReply,
  creditsReply,
  keysReply,
  keyUsageReply,
  usageReply,
  whoamiReply,
} from './replies/account.js';
import { speechReply, transcriptionReply } from './replies/audio.js';
import { featuresReply, infoReply, modelsReply } from './replies/catalogue.js';
import { chatReply } from './replies/chat.js';
import { embeddingsReply } from './replies/embeddings.js';
import { imagesReply } from './replies/images.js';
import { countTokensReply, messagesReply } from './replies/messages.js';
import { decisionReply, deletedReply, moderationReply, otherReply, uploadReply } from './replies/others.js';
import { responsesReply } from './replies/responses.js';
import { listJobsReply, pollJobReply, startJobReply, universalReply } from './replies/universal.js';
import { v2Reply } from './replies/v2.js';
import { pollVideoReply, signedContentReply, startVideoReply, videoContentReply } from './replies/videos.js';

type Line = Pick<Route, 'reply'> & Partial<Route>;

/** `METHOD /path`, and what is not as on most: an OpenAI-shaped endpoint that asks for a key and sells chat models. */
const route = (on: string, line: Line): Route => {
  const [method = '', path = ''] = on.split(' ');
  return { method, path, family: 'openai', access: 'key', operation: 'other', kind: 'chat', ...line };
};

const catalogue = (path: string, kind: ModelKind): Route =>
  route(`GET ${path}`, { reply: modelsReply, kind, access: 'anyone' });

const UNIVERSAL = { family: 'universal' } as const;
const MANAGE = { family: 'manage' } as const;
const MANAGEMENT = { family: 'manage', access: 'management' } as const;
const JOB = { billedAtEnd: true, operation: 'job', price: PRICES.job, costAs: 'string' } as const;
const VIDEO = {
  billedAtEnd: true,
  operation: 'video',
  reportedAs: 'video__generation',
  price: PRICES.videoSeconds,
  kind: 'videos',
} as const;
const IMAGES = { operation: 'images', reportedAs: 'image__generation', price: PRICES.images, kind: 'images' } as const;
/** What a report calls every endpoint that chats. */
const CHAT = 'text__chat';

/** Every endpoint (Eden AI wire notes, "Where the cost is"); the first line that fits answers. */
const ROUTES: readonly Route[] = [
  route('POST /v3/chat/completions', { reply: chatReply, price: PRICES.tokens, operation: 'chat', reportedAs: CHAT }),
  route('POST /v3/responses', {
    ...{ reply: responsesReply, price: PRICES.tokens },
    ...{ operation: 'responses', reportedAs: CHAT },
  }),
  route('POST /v3/v1/messages', {
    reply: messagesReply,
    price: PRICES.tokens,
    operation: 'messages',
    reportedAs: CHAT,
    family: 'anthropic',
  }),
  route('POST /v3/v1/messages/count_tokens', { reply: countTokensReply, family: 'anthropic' }),
  route('POST /v3/embeddings', {
    ...{ reply: embeddingsReply, price: PRICES.inputTokens },
    ...{ operation: 'embeddings', kind: 'embeddings', reportedAs: 'text__embeddings' },
  }),
  route('POST /v3/images/generations', { reply: imagesReply, ...IMAGES }),
  route('POST /v3/images/edits', { reply: imagesReply, ...IMAGES }),
  route('POST /v3/audio/transcriptions', {
    ...{ reply: transcriptionReply, price: PRICES.audioSeconds },
    ...{ operation: 'transcription', kind: 'transcription', reportedAs: 'audio__speech_to_text' },
  }),
  route('POST /v3/audio/speech', {
    ...{ reply: speechReply, price: PRICES.characters },
    ...{ operation: 'speech', kind: 'speech', reportedAs: 'audio__text_to_speech' },
  }),
  route('POST /v3/moderations', {
    ...{ reply: moderationReply, price: PRICES.requests },
    ...{ operation: 'moderation', kind: 'moderation', reportedAs: 'text__moderation' },
  }),
  route('POST /v3/alpha/decisions', { reply: decisionReply, price: PRICES.decision }),
  route('POST /v3/universal-ai', {
    ...{ reply: universalReply, price: PRICES.feature },
    ...{ operation: 'feature', costAs: 'string', ...UNIVERSAL },
  }),
  route('POST /v3/universal-ai/async', { reply: startJobReply, ...JOB, ...UNIVERSAL }),
  route('GET /v3/universal-ai/async', { reply: listJobsReply, ...UNIVERSAL }),
  route('GET /v3/universal-ai/async/:id', { reply: pollJobReply, operation: 'poll', costAs: 'string', ...UNIVERSAL }),
  catalogue('/v3/models', 'chat'),
  catalogue('/v3/embeddings/models', 'embeddings'),
  catalogue('/v3/images/models', 'images'),
  catalogue('/v3/audio/speech/models', 'speech'),
  catalogue('/v3/audio/transcriptions/models', 'transcription'),
  catalogue('/v3/videos/models', 'videos'),
  catalogue('/v3/moderations/models', 'moderation'),
  route('POST /v3/videos', { reply: startVideoReply, ...VIDEO }),
  route('GET /v3/videos/:id', { reply: pollVideoReply, operation: 'poll', kind: 'videos' }),
  route('GET /v3/videos/:id/content', { reply: videoContentReply, kind: 'videos' }),
  route('GET /signed/*', { reply: signedContentReply, access: 'anyone' }),
  route('GET /v3/info', { reply: featuresReply, access: 'anyone', ...UNIVERSAL }),
  route('GET /v3/info/:feature/:subfeature', { reply: infoReply, access: 'anyone', ...UNIVERSAL }),
  route('POST /v3/upload', { reply: uploadReply, ...UNIVERSAL }),
  route('GET /v2/cost_management/credits', { reply: creditsReply, ...MANAGE }),
  route('GET /v2/cost_management', { reply: consumptionReply, ...MANAGE }),
  route('GET /v3/manage/usage', { reply: usageReply, ...MANAGEMENT }),
  route('GET /v3/manage/whoami', { reply: whoamiReply, ...MANAGEMENT }),
  route('GET /v3/manage/keys', { reply: keysReply, ...MANAGEMENT }),
  route('GET /v3/manage/keys/:id/usage', { reply: keyUsageReply, ...MANAGEMENT }),
  route('POST /v2/:feature/:subfeature', { reply: v2Reply, price: PRICES.v2, operation: 'feature', family: 'v2' }),
  route('DELETE /v3/*', { reply: deletedReply, family: 'other' }),
  route('DELETE /v2/*', { reply: deletedReply, family: 'v2' }),
  route('POST /v3/*', { reply: otherReply, price: PRICES.other, family: 'other' }),
];

const pattern = (path: string): RegExp =>
  new RegExp(`^${path.replace(/\/\*$/, '/(?<rest>.+)').replace(/:(\w+)/g, '(?<$1>[^/]+)')}/?$`);

const TABLE = ROUTES.map((line) => ({ line, fits: pattern(line.path) }));

/** What a report calls the calls of another app, of which no more than their operation is known. */
export const reportedOperation = (operation: Operation): string | undefined =>
  ROUTES.find((line) => line.operation === operation)?.reportedAs;

/** The route of a request with its parameters. */
export function findRoute(method: string, path: string): { route: Route; params: Record<string, string> } | undefined {
  for (const { line, fits } of TABLE) {
    const match = line.method === method ? fits.exec(path) : null;
    if (match) return { route: line, params: { ...match.groups } };
  }
  return undefined;
}
