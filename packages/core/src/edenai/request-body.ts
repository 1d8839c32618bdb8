import type { Writable } from '../writable.js';
import type { JsonObject } from './json-object.js';
import { readObject } from './read-object.js';
import { BOUND_KEYS } from './request-bound.js';

/** What the body of a request says about the call. */
export interface RequestFacts {
  readonly model?: string;
  readonly stream: boolean;
  /** It has `tags` of its own. */
  readonly hasTags?: true;
}

/** Of a body that is none, or no JSON object (multipart, say). */
export const NO_FACTS: RequestFacts = { stream: false };

const KEYS = ['model', 'stream', 'tags', ...BOUND_KEYS];

/** An app may pass on what its client calls the model, and denials and log lines keep it: a longer text is no name. */
const LONGEST_NAME = 256;

/**
 * Reads a request's JSON body; a large one is not parsed whole, as it may hold megabytes of images.
 *
 * @param body UTF-8
 * @returns `undefined` for a body that is no JSON object
 */
export function readRequest(body: Buffer | undefined): JsonObject | undefined {
  const request = body && readObject(body, KEYS);
  return request?.complete ? request : undefined;
}

export function requestFacts(request: JsonObject | undefined): RequestFacts {
  if (request === undefined) return NO_FACTS;
  const model = request.value('model');
  const facts: Writable<RequestFacts> = { stream: request.value('stream') === true };
  if (typeof model === 'string' && model !== '' && model.length <= LONGEST_NAME) facts.model = model;
  if (request.text('tags')?.startsWith('{')) facts.hasTags = true;
  return facts;
}
