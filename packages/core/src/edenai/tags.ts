/** Splits the cost in Eden AI's own dashboard (Eden AI wire notes, "More facts that decide a charge"). */
export const TAGS_HEADER = 'x-edenai-tags';

export const MAX_TAGS = 10;

/** A header takes no letters beyond ASCII, and node:http refuses to send them. */
const NAME = /^[A-Za-z0-9\-_.:/]{1,64}$/;
const VALUE = /^[A-Za-z0-9\-_.:/]{1,128}$/;

/** What is wrong with a tag's name; `undefined`: nothing. Names are kept in lower case. */
export function tagNameProblem(name: string): string | undefined {
  if (!NAME.test(name)) return 'has 1 to 64 characters, letters, digits and - _ . : / alone';
  return name.toLowerCase().startsWith('eden:') ? 'may not begin with "eden:", which is reserved' : undefined;
}

export const isTagValue = (value: string): boolean => VALUE.test(value);

/** The names in a header that the app sends itself, in lower case. */
const namesIn = (header: string): string[] =>
  header
    .split(',')
    .filter((tag) => tag.trim() !== '')
    .map((tag) => (tag.split('=')[0] ?? '').trim().toLowerCase());

/** One header of the app's own tags and of these: the app's come first, and win. */
export interface JoinedTags {
  /** `undefined` when nothing is added. */
  readonly header: string | undefined;
  /** The names that had no room beside the app's own. */
  readonly dropped: readonly string[];
}

export function joinTags(own: string | undefined, tags: readonly (readonly [string, string])[]): JoinedTags {
  const taken = namesIn(own ?? '');
  const free = tags.filter(([name]) => !taken.includes(name.toLowerCase()));
  const room = Math.max(0, MAX_TAGS - taken.length);
  const added = free.slice(0, room).map(([name, value]) => `${name}=${value}`);
  const kept = own?.trim().replace(/,$/, '') ?? '';
  return {
    header: added.length === 0 ? undefined : [...(kept === '' ? [] : [kept]), ...added].join(','),
    dropped: free.slice(room).map(([name]) => name),
  };
}
