/** A JSON string or number, wherever one stands. What is inside a string is not looked at. */
const SCALARS = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*/gs;

type Tree = string | boolean | null | readonly Tree[] | { readonly [key: string]: Tree };

/**
 * Writes a JSON text as Eden AI signs it: sorted keys, an indent of two spaces (Eden AI wire notes, "Async webhooks").
 * Numbers keep their spelling: `1.0` and `1` are one number here, and two in a signature.
 *
 * @returns `undefined` when it is no JSON
 */
export function canonicalJson(json: string): string | undefined {
  try {
    JSON.parse(json);
    return write(JSON.parse(marked(json)), '\n');
  } catch {
    return undefined;
  }
}

/** The same with all that is not ASCII escaped, as Python does it unless told otherwise; DEL too. */
export const escapedJson = (canonical: string): string =>
  canonical.replace(/[\x7f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** Every scalar as a string that says which it was: `"s..."` or `"n1.0"`. */
const marked = (json: string): string =>
  json.replace(SCALARS, (token) => (token.startsWith('"') ? `"s${token.slice(1)}` : `"n${token}"`));

function write(tree: Tree, newLine: string): string {
  if (typeof tree === 'string') return tree.startsWith('n') ? tree.slice(1) : JSON.stringify(tree.slice(1));
  if (tree === null || typeof tree === 'boolean') return String(tree);
  const deeper = `${newLine}  `;
  const isList = Array.isArray(tree);
  const items = isList
    ? tree.map((item) => write(item, deeper))
    : Object.entries(tree)
        .map(([key, value]) => [key.slice(1), value] as const)
        .sort(([a], [b]) => byCodePoint(a, b))
        .map(([key, value]) => `${JSON.stringify(key)}: ${write(value, deeper)}`);
  const [open, close] = isList ? '[]' : '{}';
  return items.length === 0 ? `${open}${close}` : `${open}${deeper}${items.join(`,${deeper}`)}${newLine}${close}`;
}

/** Up to here, UTF-8 sorts as JavaScript does; beyond, JavaScript has the letters beyond 16 bits in the middle. */
const SORTS_ALIKE = /^[\0-\ud7ff]*$/;

function byCodePoint(a: string, b: string): number {
  if (SORTS_ALIKE.test(a) && SORTS_ALIKE.test(b)) return a < b ? -1 : 1;
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
