import { readSpan, type Scan, scanTopLevel, spanText } from './json-scan.js';

/** A scanned object together with the bytes that its spans point into. */
export interface ScannedObject {
  readonly body: Buffer;
  readonly scan: Scan;
}

/** What an answer says at its top level, and is read for. */
export const ANSWER_KEYS = [
  ...['cost', 'usage', 'model', 'provider', 'edenai_metadata', 'status', 'public_id', 'id'],
  ...['feature', 'subfeature'],
];

/** A name is for logs and rate cards; nothing longer is one. */
export const NAME_LENGTH = 256;

/** The parsed value of a key. */
export const member = ({ body, scan }: ScannedObject, key: string): unknown => readSpan(body, scan.values.get(key));

/** The raw JSON text of a key's value. */
export const memberText = ({ body, scan }: ScannedObject, key: string): string | undefined =>
  spanText(body, scan.values.get(key));

/** A non-empty string value. */
export function readText(part: ScannedObject, key: string): string | undefined {
  const value = member(part, key);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** A short, non-empty string value. */
export const readName = (part: ScannedObject, key: string): string | undefined =>
  readText(part, key)?.slice(0, NAME_LENGTH);

/** Scans the object that is the value of a key. */
export function nested(
  part: ScannedObject,
  key: string,
  keys: readonly string[] = ANSWER_KEYS,
): ScannedObject | undefined {
  const span = part.scan.values.get(key);
  if (span === undefined) return undefined;
  const body = part.body.subarray(span.start, span.end);
  return { body, scan: scanTopLevel(body, keys) };
}

/** What the first part that says it says; `key` is handed on to what reads it. */
export function firstOf<T>(
  parts: readonly ScannedObject[],
  read: (part: ScannedObject, key: string) => T | undefined,
  key = '',
): T | undefined {
  for (const part of parts) {
    const value = read(part, key);
    if (value !== undefined) return value;
  }
  return undefined;
}
