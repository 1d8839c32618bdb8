/** The raw JSON text of one value, as byte offsets into the scanned buffer. */
export interface Span {
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
}

/** What a scan found. */
export interface Scan {
  /** The object was seen from its `{` to its `}` with nothing but whitespace (and a BOM) around it. */
  readonly complete: boolean;
  readonly isObject: boolean;
  /**
   * The wanted keys at the top level. Only values that were seen to end are here, followed by `,` or `}`: a body that was
   * cut never gives a cut number. Of a duplicate key the last one counts, as in `JSON.parse`.
   */
  readonly values: ReadonlyMap<string, Span>;
  /** The value at the top level that the bytes break off in; for a scan from the end, the one that they begin in. */
  readonly cut?: CutValue;
}

export interface CutValue {
  /** Where it begins; for a scan from the end, where it ends. */
  readonly at: number;
  /** Its key, where that was seen and is wanted. */
  readonly key?: string;
}

/** The keys to look for; `'all'` records every key. */
export type WantedKeys = ReadonlySet<string> | readonly string[] | 'all';

export const QUOTE = 0x22;
export const BACKSLASH = 0x5c;
export const COMMA = 0x2c;
export const COLON = 0x3a;
export const OPEN_BRACE = 0x7b;
export const CLOSE_BRACE = 0x7d;
export const OPEN_BRACKET = 0x5b;
export const CLOSE_BRACKET = 0x5d;

/** What a byte outside strings does to the depth; looked up for every byte of a nested value. */
export const STEP = { none: 0, quote: 1, open: 2, close: 3 } as const;

const STRUCTURE = [QUOTE, OPEN_BRACE, CLOSE_BRACE, OPEN_BRACKET, CLOSE_BRACKET] as const;

/** {@link STEP} by byte. */
export const STEPS: Uint8Array = new Uint8Array(256);
STEPS[QUOTE] = STEP.quote;
STEPS[OPEN_BRACE] = STEPS[OPEN_BRACKET] = STEP.open;
STEPS[CLOSE_BRACE] = STEPS[CLOSE_BRACKET] = STEP.close;

/** After so many bytes without structure (a vector of numbers), searching natively is faster than looking at each. */
export const LONG_RUN = 48;

/** Finds the next structural byte at or after an offset, natively; offsets must only grow. */
export function structureAfter(body: Buffer): (at: number) => number {
  const next = STRUCTURE.map(() => -1);
  return (at) => {
    for (const [i, byte] of STRUCTURE.entries()) {
      if ((next[i] as number) >= at) continue;
      const found = body.indexOf(byte, at);
      next[i] = found === -1 ? body.length : found;
    }
    return Math.min(...next);
  };
}

/** Finds the structural byte at or before an offset, or -1; offsets must only shrink. */
export function structureBefore(body: Buffer): (at: number) => number {
  const next = STRUCTURE.map(() => body.length);
  return (at) => {
    for (const [i, byte] of STRUCTURE.entries()) {
      if ((next[i] as number) > at) next[i] = at < 0 ? -1 : body.lastIndexOf(byte, at);
    }
    return Math.max(...next);
  };
}

export const isSpace = (byte: number | undefined): boolean =>
  byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

/** Letters, digits, `+`, `-` and `.`: wider than JSON's own, so that a `NaN` is seen as the value it stands for. */
export const isLiteral = (byte: number | undefined): boolean =>
  byte !== undefined &&
  ((byte >= 0x30 && byte <= 0x39) ||
    (byte >= 0x41 && byte <= 0x5a) ||
    (byte >= 0x61 && byte <= 0x7a) ||
    byte === 0x2b ||
    byte === 0x2d ||
    byte === 0x2e);

/** Byte order mark of UTF-8: not JSON, but some gateways send it. */
export const bomLength = (body: Buffer): number => (body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf ? 3 : 0);

export function skipSpace(body: Buffer, from: number): number {
  let at = from;
  while (isSpace(body[at])) at++;
  return at;
}

/** The raw JSON text of a value. */
export const spanText = (body: Buffer, span: Span | undefined): string | undefined =>
  span && body.toString('utf8', span.start, span.end);

/** The value itself; `undefined` when it is not there or cannot be parsed. */
export function readSpan(body: Buffer, span: Span | undefined): unknown {
  if (span === undefined) return undefined;
  if (isPlainText(body, span)) return body.toString('utf8', span.start + 1, span.end - 1);
  try {
    return JSON.parse(body.toString('utf8', span.start, span.end));
  } catch {
    return undefined;
  }
}

/** A short string without escapes stands for itself. */
const PLAIN_LENGTH = 64;

function isPlainText(body: Buffer, { start, end }: Span): boolean {
  if (body[start] !== QUOTE || end - start > PLAIN_LENGTH) return false;
  for (let at = start + 1; at < end - 1; at++) {
    const byte = body[at] as number;
    if (byte === BACKSLASH || byte < 0x20) return false;
  }
  return true;
}

/** Tells whether a quoted key is one of the wanted ones. */
type KeyMatcher = (body: Buffer, start: number, end: number) => string | undefined;

/** Lists of keys are constants; each scan of each answer asks for one of them. */
const MATCHERS = new WeakMap<object, KeyMatcher>();

export function wants(keys: WantedKeys): KeyMatcher {
  if (keys === 'all') return keyText;
  const known = MATCHERS.get(keys);
  if (known !== undefined) return known;
  const matcher = matcherOf(new Set(keys));
  MATCHERS.set(keys, matcher);
  return matcher;
}

/** Compares bytes: a key is decoded only if it has escapes, and can be a wanted one: `\u0063` is six bytes for one character at most. */
function matcherOf(keys: ReadonlySet<string>): KeyMatcher {
  const plain = Array.from(keys, (key) => ({ key, bytes: Buffer.from(key) }));
  const longest = 2 + 6 * Math.max(0, ...Array.from(keys, (key) => key.length));
  return (body, start, end) => {
    if (end - start > longest) return undefined;
    for (const { key, bytes } of plain) {
      if (bytes.length === end - start - 2 && isAt(body, start + 1, bytes)) return key;
    }
    if (!hasEscape(body, start, end)) return undefined;
    const key = keyText(body, start, end);
    return key !== undefined && keys.has(key) ? key : undefined;
  };
}

function isAt(body: Buffer, start: number, bytes: Buffer): boolean {
  for (let i = 0; i < bytes.length; i++) if (body[start + i] !== bytes[i]) return false;
  return true;
}

function hasEscape(body: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (body[at] === BACKSLASH) return true;
  return false;
}

function keyText(body: Buffer, start: number, end: number): string | undefined {
  const text = body.toString('utf8', start + 1, end - 1);
  return text.includes('\\') ? (readSpan(body, { start, end }) as string | undefined) : text;
}
