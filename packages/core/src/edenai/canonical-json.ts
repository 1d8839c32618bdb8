/** A JSON string or number, wherever one stands. What is inside a string is not looked at. */
const SCALARS = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*/gs;

type Tree = string | boolean | null | readonly Tree[] | { readonly [key: string]: Tree };

/**
 * Writes a JSON text as Eden AI signs it: sorted keys, an indent of two spaces (Eden AI wire notes, "Async webhooks").
 * Numbers keep their spelling: `1.0` and `1` are one number here, and two in a signature.
 *
 * @param ascii true: characters beyond ASCII are escaped, as Python does it unless told otherwise
 * @returns `undefined` when it is no JSON
 */
export function canonicalJson(json: string, ascii: boolean): string | undefined {
  try {
    JSON.parse(json);
    return write(JSON.parse(marked(json)), ascii, '\n');
  } catch {
    return undefined;
  }
}

/** Every scalar as a string that says which it was: `"s..."` or `"n1.0"`. */
const marked = (json: string): string =>
  json.replace(SCALARS, (token) => (token.startsWith('"') ? `"s${token.slice(1)}` : `"n${token}"`));

function write(tree: Tree, ascii: boolean, newLine: string): string {
  if (typeof tree === 'string') return tree.startsWith('n') ? tree.slice(1) : text(tree.slice(1), ascii);
  if (tree === null || typeof tree === 'boolean') return String(tree);
  const deeper = `${newLine}  `;
  const isList = Array.isArray(tree);
  const items = isList
    ? tree.map((item) => write(item, ascii, deeper))
    : Object.entries(tree)
        .map(([key, value]) => [key.slice(1), value] as const)
        .sort(([a], [b]) => byCodePoint(a, b))
        .map(([key, value]) => `${text(key, ascii)}: ${write(value, ascii, deeper)}`);
  const [open, close] = isList ? '[]' : '{}';
  return items.length === 0 ? `${open}${close}` : `${open}${deeper}${items.join(`,${deeper}`)}${newLine}${close}`;
}

function text(value: string, ascii: boolean): string {
  const json = JSON.stringify(value);
  if (!ascii) return json;
  return json.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** As UTF-8 sorts: JavaScript's own order has the letters beyond 16 bits in the middle. */
const byCodePoint = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));
