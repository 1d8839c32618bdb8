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

export function requestHeader(headers: RequestHeaders): HeaderLookup {
  let table: Map<string, string> | undefined;
  return (name) => {
    table ??= new Map(Array.from(pairs(headers), ([key, value]) => [key.toLowerCase(), String(value)]));
    return table.get(name);
  };
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
export function responseHeader(headers: readonly unknown[] | Record<string, unknown>): HeaderLookup {
  let table: Map<string, string> | undefined;
  return (name) => {
    table ??= new Map(Array.from(pairs(headers), ([key, value]) => [text(key).toLowerCase(), text(value)]));
    return table.get(name);
  };
}

/** Adds response headers to a raw list, in the kind of item that the list holds. */
export function addRawHeaders(raw: readonly unknown[], added: Readonly<Record<string, string>>): unknown[] {
  const asText = typeof raw[0] === 'string';
  const item = (value: string): unknown => (asText ? value : Buffer.from(value, 'latin1'));
  return [...raw, ...Object.entries(added).flatMap(([name, value]) => [item(name), item(value)])];
}
