/** An object in a JSON text, as far as it could be read. Of a duplicate key the last one counts, as in `JSON.parse`. */
export interface JsonObject {
  /** It was seen from its `{` to its `}`, and is all that the text says. */
  readonly complete: boolean;
  /** The value of a key; `undefined` where it is not there, or cannot be parsed. */
  value(key: string): unknown;
  /** That value as JSON; of a list or an object no more than how it begins is sure, and of a number but a `cost` no more than its value. */
  text(key: string): string | undefined;
  /**
   * The object that is the value of a key.
   *
   * @param keys what will be asked of it; it may know of others. Default: {@link ANSWER_KEYS}
   */
  nested(key: string, keys?: readonly string[]): JsonObject | undefined;
}

/** What an answer says at its top level, and is read for. */
export const ANSWER_KEYS: readonly string[] = [
  ...['cost', 'usage', 'model', 'provider', 'edenai_metadata', 'status', 'public_id', 'id'],
  ...['feature', 'subfeature'],
];

/** A name is for logs and rate cards; nothing longer is one. */
export const NAME_LENGTH = 256;

/** A non-empty string value. */
export function readText(object: JsonObject, key: string): string | undefined {
  const value = object.value(key);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** A short, non-empty string value. */
export const readName = (object: JsonObject, key: string): string | undefined =>
  readText(object, key)?.slice(0, NAME_LENGTH);

export const readValue = (object: JsonObject, key: string): unknown => object.value(key);

export const readRaw = (object: JsonObject, key: string): string | undefined => object.text(key);

/** What the first part that says it says; `key` is handed on to what reads it. */
export function firstOf<T>(
  parts: readonly JsonObject[],
  read: (part: JsonObject, key: string) => T | undefined,
  key = '',
): T | undefined {
  for (const part of parts) {
    const value = read(part, key);
    if (value !== undefined) return value;
  }
  return undefined;
}
