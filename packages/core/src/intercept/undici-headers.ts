import type { HeaderLookup } from '../exchange.js';

/** Request headers as undici takes them: a flat list, an iterable of pairs (fetch, Map), or an object. */
export type RequestHeaders =
  | readonly unknown[]
  | Iterable<readonly [unknown, unknown]>
  | Record<string, unknown>
  | null
  | undefined;

function* pairs(headers: RequestHeaders): Generator<[name: string, value: unknown]> {
  if (headers === null || headers === undefined) return;
  if (Array.isArray(headers)) {
    if (Array.isArray(headers[0])) {
      for (const [name, value] of headers) yield [String(name), value];
      return;
    }
    for (let i = 0; i + 1 < headers.length; i += 2) yield [text(headers[i]), headers[i + 1]];
  } else if (typeof (headers as Iterable<unknown>)[Symbol.iterator] === 'function') {
    for (const [name, value] of headers as Iterable<readonly [unknown, unknown]>) yield [String(name), value];
  } else {
    yield* Object.entries(headers);
  }
}

/** A call asks for a handful of names, once each: looking through the list costs less than making a table of it. */
export function requestHeader(headers: RequestHeaders): HeaderLookup {
  if (typeof headers !== 'object' || headers === null) return () => undefined; // undici has an error of its own for these
  if (Array.isArray(headers) && !Array.isArray(headers[0])) return (name) => inFlat(headers, name);
  if (Symbol.iterator in headers) {
    const flat = Array.from(headers as Iterable<readonly [unknown, unknown]>).flat();
    return (name) => inFlat(flat, name);
  }
  return (name) => inObject(headers as Record<string, unknown>, name);
}

/** The same headers with some replaced, added, or (`undefined`) taken off; lower-case names. */
export function changeHeaders(headers: RequestHeaders, changes: Record<string, string | undefined>): unknown[] {
  const flat: unknown[] = [];
  for (const [name, value] of pairs(headers)) {
    if (!Object.hasOwn(changes, name.toLowerCase())) flat.push(name, value);
  }
  for (const [name, value] of Object.entries(changes)) {
    if (value !== undefined) flat.push(name, value);
  }
  return flat;
}

const text = (value: unknown): string => (Buffer.isBuffer(value) ? value.toString('latin1') : String(value));

/** Response headers as a raw flat list of Buffers or strings (undici's own), or as an object. */
export const responseHeader = (headers: readonly unknown[] | Record<string, unknown>): HeaderLookup =>
  Array.isArray(headers)
    ? (name) => inFlat(headers, name)
    : (name) => inObject(headers as Record<string, unknown>, name);

/** Of a header that comes twice the last counts. Most names differ in their length already: only the rest is decoded. */
function inFlat(flat: readonly unknown[], name: string): string | undefined {
  for (let index = (flat.length & ~1) - 2; index >= 0; index -= 2) {
    const key = flat[index] as string | Buffer;
    if (key.length === name.length && text(key).toLowerCase() === name) return text(flat[index + 1]);
  }
  return undefined;
}

function inObject(headers: Record<string, unknown>, name: string): string | undefined {
  for (const key in headers) {
    if (key.length === name.length && key.toLowerCase() === name) return text(headers[key]);
  }
  return undefined;
}

/** Adds response headers to a raw list, in the kind of item that the list holds. */
export function addRawHeaders(raw: readonly unknown[], added: Readonly<Record<string, string>>): unknown[] {
  const asText = typeof raw[0] === 'string';
  const item = (value: string): unknown => (asText ? value : Buffer.from(value, 'latin1'));
  return [...raw, ...Object.entries(added).flatMap(([name, value]) => [item(name), item(value)])];
}
