/** Where a string begins, and a whole number, wherever they stand. */
const SCALAR = /"|-?\d[\d.eE+-]*/g;

/** Indents grow with the depth: nothing else bounds the text that a small body becomes. In UTF-16 units. */
const LONGEST = 2 ** 28;

type Tree = string | boolean | null | readonly Tree[] | { readonly [key: string]: Tree };

/** A list or an object that is being written. */
interface Level {
  readonly values: readonly Tree[];
  /** What stands before each value; none in a list. */
  readonly keys: readonly string[] | undefined;
  readonly newLine: string;
  readonly close: string;
  next: number;
}

/**
 * Writes a JSON text as Eden AI signs it: sorted keys, an indent of two spaces (Eden AI wire notes, "Async webhooks").
 * Numbers keep their spelling: `1.0` and `1` are one number here, and two in a signature.
 *
 * @returns `undefined` when it is no JSON
 * @throws {RangeError} when what is written would be longer than 256 Mi characters
 */
export function canonicalJson(json: string): string | undefined {
  return isJson(json) ? write(JSON.parse(marked(json))) : undefined;
}

/** The same with all that is not ASCII escaped, as Python does it unless told otherwise; DEL too. */
export const escapedJson = (canonical: string): string =>
  canonical.replace(/[\x7f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Every scalar as a string that says which it was: `"s..."` or `"n1.0"`. */
function marked(json: string): string {
  const pieces: string[] = [];
  let written = 0;
  SCALAR.lastIndex = 0;
  for (let found = SCALAR.exec(json); found !== null; found = SCALAR.exec(json)) {
    const isText = found[0] === '"';
    const end = isText ? endOfString(json, found.index) : SCALAR.lastIndex;
    pieces.push(json.slice(written, found.index), isText ? '"s' : '"n', json.slice(found.index + Number(isText), end));
    if (!isText) pieces.push('"');
    written = end;
    SCALAR.lastIndex = end;
  }
  return pieces.join('') + json.slice(written);
}

/** A pattern for it would need a stack as deep as the string has escapes. */
function endOfString(json: string, start: number): number {
  for (let quote = json.indexOf('"', start + 1); ; quote = json.indexOf('"', quote + 1)) {
    let slashes = 0;
    while (json[quote - slashes - 1] === '\\') slashes += 1;
    if (slashes % 2 === 0) return quote + 1;
  }
}

function write(root: Tree): string {
  const pieces: string[] = [];
  let length = 0;
  const put = (piece: string) => {
    length += piece.length;
    if (length > LONGEST) throw new RangeError('The JSON is too large, or nested too deep');
    pieces.push(piece);
  };
  const open: Level[] = [{ values: [root], keys: undefined, newLine: '', close: '', next: 0 }];
  for (let level = open.at(-1); level !== undefined; level = open.at(-1)) {
    const { values, keys, newLine, close, next } = level;
    if (next === values.length) {
      put(close);
      open.pop();
      continue;
    }
    level.next += 1;
    const value = values[next] as Tree;
    const before = `${next === 0 ? '' : ','}${newLine}${keys?.[next] ?? ''}`;
    const inner = levelOf(value, newLine === '' ? '\n' : newLine);
    put(before + (inner === undefined ? writeScalar(value) : Array.isArray(value) ? '[' : '{'));
    if (inner !== undefined) open.push(inner);
  }
  return pieces.join('');
}

/** `undefined` for a scalar, and for what is empty. */
function levelOf(value: Tree, newLine: string): Level | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const deeper = `${newLine}  `;
  if (Array.isArray(value)) {
    return value.length === 0
      ? undefined
      : { values: value, keys: undefined, newLine: deeper, close: `${newLine}]`, next: 0 };
  }
  const entries = Object.entries(value as Record<string, Tree>)
    .map(([key, member]) => [key.slice(1), member] as const)
    .sort(([a], [b]) => byCodePoint(a, b));
  if (entries.length === 0) return undefined;
  const keys = entries.map(([key]) => `${JSON.stringify(key)}: `);
  return { values: entries.map(([, member]) => member), keys, newLine: deeper, close: `${newLine}}`, next: 0 };
}

function writeScalar(value: Tree): string {
  if (typeof value === 'string') return value.startsWith('n') ? value.slice(1) : JSON.stringify(value.slice(1));
  if (Array.isArray(value)) return '[]';
  return value === null || typeof value === 'boolean' ? String(value) : '{}';
}

/** Up to here, UTF-8 sorts as JavaScript does; beyond, JavaScript has the letters beyond 16 bits in the middle. */
const SORTS_ALIKE = /^[\0-\ud7ff]*$/;

function byCodePoint(a: string, b: string): number {
  if (SORTS_ALIKE.test(a) && SORTS_ALIKE.test(b)) return a < b ? -1 : 1;
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
