import {
  BACKSLASH,
  bomLength,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  COMMA,
  isLiteral,
  LONG_RUN,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
  type Scan,
  type Span,
  STEP,
  STEPS,
  skipSpace,
  structureAfter,
  type WantedKeys,
  wants,
} from './json-bytes.js';

export { type CutValue, readSpan, type Scan, type Span, spanText, type WantedKeys } from './json-bytes.js';
export { scanTail } from './json-tail.js';

/** `Buffer.indexOf` is a call into C++: it pays only on strings longer than this. */
const NEAR = 48;

/**
 * Finds values at the top level of a JSON object without parsing it: strings are skipped natively, nested values by
 * their depth. Nested keys never match. Works on a body that was cut as far as it goes.
 *
 * @param body UTF-8; a leading BOM is accepted
 */
export function scanTopLevel(body: Buffer, keys: WantedKeys): Scan {
  const wanted = wants(keys);
  const values = new Map<string, Span>();
  const open = skipSpace(body, bomLength(body));
  const isObject = body[open] === OPEN_BRACE;
  const broken: Scan = { complete: false, isObject, values };
  if (!isObject) return broken;

  let at = skipSpace(body, open + 1);
  if (body[at] === CLOSE_BRACE) return { complete: skipSpace(body, at + 1) === body.length, isObject, values };
  for (;;) {
    const keyEnd = body[at] === QUOTE ? stringEnd(body, at) : -1;
    if (keyEnd === -1) return broken;
    const colon = skipSpace(body, keyEnd);
    if (body[colon] !== COLON) return broken;
    const start = skipSpace(body, colon + 1);
    const end = valueEnd(body, start);
    if (end === -1) {
      const key = wanted(body, at, keyEnd);
      return { ...broken, cut: { at: start, ...(key !== undefined && { key }) } };
    }
    const after = skipSpace(body, end);
    const closes = body[after] === CLOSE_BRACE;
    if (!closes && body[after] !== COMMA) return broken;
    const key = wanted(body, at, keyEnd);
    if (key !== undefined) values.set(key, { start, end });
    if (closes) return { complete: skipSpace(body, after + 1) === body.length, isObject, values };
    at = skipSpace(body, after + 1);
  }
}

/** Finds the elements of a JSON array in the same way; `undefined` unless the body is one from its `[` to its `]`. */
export function scanElements(body: Buffer): readonly Span[] | undefined {
  const open = skipSpace(body, bomLength(body));
  if (body[open] !== OPEN_BRACKET) return undefined;
  const elements: Span[] = [];
  let at = skipSpace(body, open + 1);
  let closes = body[at] === CLOSE_BRACKET;
  while (!closes) {
    const end = valueEnd(body, at);
    if (end === -1) return undefined;
    elements.push({ start: at, end });
    at = skipSpace(body, end);
    closes = body[at] === CLOSE_BRACKET;
    if (!closes && body[at] !== COMMA) return undefined;
    if (!closes) at = skipSpace(body, at + 1);
  }
  return skipSpace(body, at + 1) === body.length ? elements : undefined;
}

/** Finds the first values of a large JSON object, given only its first bytes. */
export const scanHead = (head: Buffer, keys: WantedKeys): Scan => scanTopLevel(head, keys);

/** The offset after the closing quote of the string that opens at `open`, or -1. */
function stringEnd(body: Buffer, open: number): number {
  const near = Math.min(open + NEAR, body.length);
  let at = open + 1;
  for (; at < near; at++) {
    const byte = body[at];
    if (byte === QUOTE) return at + 1;
    if (byte === BACKSLASH) at++;
  }
  for (let quote = body.indexOf(QUOTE, at); quote !== -1; quote = body.indexOf(QUOTE, quote + 1)) {
    let slash = quote;
    while (slash > at && body[slash - 1] === BACKSLASH) slash--;
    if ((quote - slash) % 2 === 0) return quote + 1;
  }
  return -1;
}

/** The offset after the value that starts at `start`, or -1. */
function valueEnd(body: Buffer, start: number): number {
  const first = body[start] ?? 0;
  if (first === QUOTE) return stringEnd(body, start);
  if (STEPS[first] === STEP.open) return nestedEnd(body, start);
  let at = start;
  while (isLiteral(body[at])) at++;
  return at === start ? -1 : at;
}

function nestedEnd(body: Buffer, start: number): number {
  let jump: ((at: number) => number) | undefined;
  let depth = 0;
  let run = start;
  for (let at = start; at < body.length; at++) {
    if (at - run > LONG_RUN) {
      jump ??= structureAfter(body);
      at = jump(at);
    }
    const step = STEPS[body[at] ?? 0];
    if (step === STEP.none) continue;
    if (step === STEP.quote) {
      const end = stringEnd(body, at);
      if (end === -1) return -1;
      at = end - 1;
    } else if (step === STEP.open) depth++;
    else if (--depth === 0) return at + 1;
    run = at;
  }
  return -1;
}
