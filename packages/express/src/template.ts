/** A path as it was given to Express: a text, a RegExp, or a list of them. */
export function templateOf(path: unknown): string {
  if (!Array.isArray(path)) return String(path);
  const texts = path.flat(Number.POSITIVE_INFINITY).map(String);
  return texts.length === 1 ? (texts[0] as string) : `(${texts.join('|')})`;
}

export const joinTemplates = (mount: string, path: string): string =>
  path === '/' && mount !== '' ? mount : mount + path;

/** Where nothing better can be said without saying what the client sent. */
const UNKNOWN = '/*';

interface OlderLayer {
  readonly params?: object | undefined;
  readonly regexp?: RegExp | undefined;
  readonly matchers?: readonly { readonly name: string }[] | undefined;
}

/**
 * The template of a matched path, for an Express that does not keep it (before 5.3): each value of a parameter becomes
 * its name again. Nothing of it is the client's choice: neither which of several paths it is, nor upper and lower case.
 */
export function maskValues(path: string, params: object, layer: OlderLayer = {}): string {
  if (wasRegExp(layer) || isOneOfSeveral(layer)) return UNKNOWN;
  const segments = path.split('/').map(decoded);
  const masks: (string | undefined)[] = segments.map(() => undefined);
  for (const [name, value] of Object.entries(layer.params ?? params)) {
    if (value === undefined) continue;
    const text = Array.isArray(value) ? value.join('/') : String(value);
    for (const part of segments.includes(text) ? [text] : text.split('/')) {
      const index = whereIs(part, segments, masks);
      if (index < 0) return UNKNOWN;
      masks[index] ??= `:${name}`;
    }
  }
  const fixed = (segment: string) => (tellsCase(layer) ? segment : segment.toLowerCase());
  return segments.map((segment, index) => masks[index] ?? fixed(segment)).join('/');
}

/** The last segment that is the value, or else has it in it; rather one that no other value is found in. */
function whereIs(value: string, segments: readonly string[], masks: readonly (string | undefined)[]): number {
  const fits = [
    (segment: string, index: number) => segment === value && masks[index] === undefined,
    (segment: string, index: number) => segment.includes(value) && masks[index] === undefined,
    (segment: string) => segment.includes(value),
  ];
  return fits.map((fit) => segments.findLastIndex(fit)).find((index) => index >= 0) ?? -1;
}

/** How Express 4 ends the pattern of each path that is a text. */
const END_OF_PATH = '(?=\\/|$)';

/** Its match says nothing of which part was the client's. */
const wasRegExp = ({ regexp, matchers }: OlderLayer): boolean =>
  (regexp !== undefined && !regexp.source.endsWith(END_OF_PATH)) ||
  (matchers?.some(({ name }) => name === 'regexpMatcher') ?? false);

const isOneOfSeveral = ({ regexp, matchers = [] }: OlderLayer): boolean =>
  matchers.length > 1 || (regexp !== undefined && regexp.source.split(END_OF_PATH).length > 2);

/** Express takes `/Image` for `/image` unless it is told not to, which only Express 4 lets us see. */
const tellsCase = ({ regexp }: OlderLayer): boolean => regexp !== undefined && !regexp.flags.includes('i');

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
