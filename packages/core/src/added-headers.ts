import type { Call } from './call.js';
import type { TagName } from './credits/tags-option.js';
import { METADATA_HEADER } from './edenai/metadata.js';
import { isTagValue, joinTags, TAGS_HEADER } from './edenai/tags.js';
import type { Events } from './events.js';

export interface AddedHeadersOptions {
  readonly tags: readonly TagName[];
  readonly metadata: boolean;
}

/** The headers that a call gets besides its own, where the options ask for some. */
export class AddedHeaders {
  readonly #isIdle: boolean;

  constructor(
    private readonly options: AddedHeadersOptions,
    private readonly events: Events,
  ) {
    this.#isIdle = options.tags.length === 0 && !options.metadata;
  }

  /** Those of one call; `undefined`: none. What the app sends itself stays. */
  of(call: Call): Readonly<Record<string, string>> | undefined {
    const { method, header } = call.request;
    if (this.#isIdle || method === 'GET') return undefined;
    const tags = this.#tagsOf(call);
    const asks = this.options.metadata && header(METADATA_HEADER) === undefined;
    if (tags === undefined && !asks) return undefined;
    return { ...(tags !== undefined && { [TAGS_HEADER]: tags }), ...(asks && { [METADATA_HEADER]: 'enabled' }) };
  }

  /** Tags in a body win over all of a header, except on videos, where they are not read. */
  #tagsOf(call: Call): string | undefined {
    const { scope, facts, kind, request } = call;
    if (scope === undefined || this.options.tags.length === 0) return undefined;
    if (facts.hasTags && kind.operation !== 'video') return undefined;
    const { labels } = scope;
    const tags: (readonly [string, string])[] = [];
    for (const [label, name] of this.options.tags) {
      if (!Object.hasOwn(labels, label)) continue;
      const value = labels[label] as string;
      if (isTagValue(value)) tags.push([name, value]);
      else
        this.#dropped(
          call,
          name,
          'its value is longer than 128 characters, or has others than letters, digits and - _ . : /',
        );
    }
    const { header, dropped } = joinTags(request.header(TAGS_HEADER), tags);
    for (const name of dropped) this.#dropped(call, name, "there is no room beside the call's own tags");
    return header;
  }

  #dropped({ kind, facts }: Call, name: string, why: string): void {
    const message = `The tag "${name}" was left out of a call: ${why}`;
    this.events.emit('error', { problem: 'tag', message, operation: kind.operation, model: facts.model });
  }
}
