import {
  BACKSLASH,
  bomLength,
  CLOSE_BRACE,
  COLON,
  COMMA,
  isLiteral,
  isSpace,
  LONG_RUN,
  OPEN_BRACE,
  QUOTE,
  type Scan,
  type Span,
  STEP,
  STEPS,
  skipSpace,
  structureBefore,
  type WantedKeys,
  wants,
} from './json-bytes.js';

/**
 * Finds the last values of a large, valid JSON object from its end backwards, given only its last bytes. Exact for valid
 * JSON: outside strings there are no backslashes, so the first quote met backwards that an even number of them precedes
 * opens the string. Stops where the bytes begin inside a string or a nested value.
 */
export function scanTail(tail: Buffer, keys: WantedKeys): Scan {
  const wanted = wants(keys);
  const values = new Map<string, Span>();
  const close = skipSpaceBack(tail, tail.length - 1);
  const isObject = tail[close] === CLOSE_BRACE;
  const stopped: Scan = { complete: false, isObject, values };
  const opened = (at: number): Scan => ({ complete: at === skipSpace(tail, bomLength(tail)), isObject, values });
  if (!isObject) return stopped;

  let last = skipSpaceBack(tail, close - 1);
  if (tail[last] === OPEN_BRACE) return opened(last);
  for (;;) {
    const start = valueStart(tail, last);
    if (start <= 0) return { ...stopped, cut: { at: last + 1 } };
    const colon = skipSpaceBack(tail, start - 1);
    if (tail[colon] !== COLON) return stopped;
    const keyLast = skipSpaceBack(tail, colon - 1);
    const keyStart = tail[keyLast] === QUOTE ? stringStart(tail, keyLast) : -1;
    if (keyStart === -1) return stopped;
    const key = wanted(tail, keyStart, keyLast + 1);
    if (key !== undefined && !values.has(key)) values.set(key, { start, end: last + 1 });
    const before = skipSpaceBack(tail, keyStart - 1);
    if (tail[before] === OPEN_BRACE) return opened(before);
    if (tail[before] !== COMMA) return stopped;
    last = skipSpaceBack(tail, before - 1);
  }
}

function skipSpaceBack(body: Buffer, from: number): number {
  let at = from;
  while (isSpace(body[at])) at--;
  return at;
}

/** The offset of the opening quote of the string that closes at `close`, or -1 when these bytes cannot tell. */
function stringStart(body: Buffer, close: number): number {
  for (let from = close - 1; from >= 0; ) {
    const quote = body.lastIndexOf(QUOTE, from);
    let slash = quote;
    while (slash > 0 && body[slash - 1] === BACKSLASH) slash--;
    if (slash <= 0) return -1;
    if ((quote - slash) % 2 === 0) return quote;
    from = slash - 1;
  }
  return -1;
}

/** The offset of the first byte of the value whose last byte is at `last`, or -1 when these bytes cannot tell. */
function valueStart(body: Buffer, last: number): number {
  const final = body[last] ?? 0;
  if (final === QUOTE) return stringStart(body, last);
  if (STEPS[final] === STEP.close) return nestedStart(body, last);
  let at = last;
  while (isLiteral(body[at])) at--;
  return at === last || at < 0 ? -1 : at + 1;
}

function nestedStart(body: Buffer, last: number): number {
  let jump: ((at: number) => number) | undefined;
  let depth = 0;
  let run = last;
  for (let at = last; at >= 0; at--) {
    if (run - at > LONG_RUN) {
      jump ??= structureBefore(body);
      at = jump(at);
    }
    const step = STEPS[body[at] ?? 0];
    if (step === STEP.none) continue;
    if (step === STEP.quote) {
      at = stringStart(body, at);
      if (at === -1) return -1;
    } else if (step === STEP.close) depth++;
    else if (--depth === 0) return at;
    run = at;
  }
  return -1;
}
