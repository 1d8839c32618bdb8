import { MAX_TAGS, tagNameProblem } from '../edenai/tags.js';
import { OptionsError } from '../errors.js';

/** Which labels are sent as tags: their names, or the tag's name by the label's. */
export type TagsOption = readonly string[] | Readonly<Record<string, string>>;

/** A label, and the name of the tag that it is sent as. */
export type TagName = readonly [label: string, tag: string];

/** Not a `Map` or a `Set`, which have no keys of their own. */
const isRecord = (tags: unknown): boolean => Object.prototype.toString.call(tags) === '[object Object]';

/** @throws {OptionsError} `ERR_COST_OPTIONS` for what Eden AI would refuse each call for */
export function resolveTags(tags: TagsOption | undefined): readonly TagName[] {
  if (tags === undefined) return [];
  if (!Array.isArray(tags) && !isRecord(tags)) {
    throw new OptionsError('options.tags must be a list of label names, or tag names by label: { tenant: "client" }');
  }
  const names: TagName[] = Array.isArray(tags) ? tags.map((label) => [label, label]) : Object.entries(tags);
  if (names.length > MAX_TAGS)
    throw new OptionsError(`options.tags has ${names.length} tags; Eden AI takes ${MAX_TAGS}`);
  const taken = new Set<string>();
  for (const [, tag] of names) {
    if (typeof tag !== 'string') throw new OptionsError(`options.tags: a tag name is a text, not: ${typeof tag}`);
    const problem = tagNameProblem(tag);
    if (problem !== undefined)
      throw new OptionsError(`options.tags: the tag name "${tag}" is refused by Eden AI; a name ${problem}`);
    if (taken.has(tag.toLowerCase()))
      throw new OptionsError(`options.tags has the tag "${tag}" twice: case does not count`);
    taken.add(tag.toLowerCase());
  }
  return names;
}
