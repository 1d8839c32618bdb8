import type { Operation } from '../charge.js';
import type { CallKind } from './classify.js';

/** What a consumption report calls each operation (Eden AI wire notes, "The account": `text__chat`). */
const FEATURES: Partial<Record<Operation, string>> = {
  chat: 'text__chat',
  responses: 'text__chat',
  messages: 'text__chat',
  embeddings: 'text__embeddings',
  images: 'image__generation',
  speech: 'audio__text_to_speech',
  transcription: 'audio__speech_to_text',
  moderation: 'text__moderation',
  video: 'video__generation',
};

/** What is not known of a charge, in a report. */
export const UNKNOWN = 'unknown';

/**
 * The feature under which Eden AI's consumption report has a call: `feature__subfeature`.
 *
 * @param answered as the answer itself says it: nothing is known of a request whose body was streamed
 */
export function featureOf({ operation, feature }: CallKind, model = '', answered?: string): string {
  const known = FEATURES[operation] ?? feature ?? answered;
  if (known !== undefined) return known;
  return model.includes('/') ? model.split('/').slice(0, 2).join('__') : UNKNOWN;
}

/** The provider of a call whose answer does not name it: a part of the model's name. */
export function providerIn({ operation }: Pick<CallKind, 'operation'>, model = ''): string {
  const parts = model.split('/');
  const part = operation === 'feature' || operation === 'job' ? parts[2] : parts.length > 1 ? parts[0] : undefined;
  return part || UNKNOWN;
}
