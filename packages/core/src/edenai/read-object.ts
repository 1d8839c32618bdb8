import type { JsonObject } from './json-object.js';
import { ParsedObject } from './parsed-object.js';
import { ScannedObject } from './scanned-object.js';

/** Up to here a text is parsed whole. Of a longer one most is a prompt, an answer or a vector, of which nothing is wanted. */
const SMALL = 8 * 1024;

/**
 * Reads an object of a JSON text.
 *
 * @param keys what will be asked of it
 */
export const readObject = (body: Buffer, keys: readonly string[]): JsonObject =>
  (body.length <= SMALL ? ParsedObject.of(body.toString()) : undefined) ?? ScannedObject.of(body, keys);
