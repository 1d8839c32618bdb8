import type { Logger } from './logger.js';

type Fields = Readonly<Record<string, unknown>>;

/** What a cost line says: what the adapter knows of the request, and the costs. */
export type LineFields = Fields & { readonly edenai: object };

/** What a logger says in every line, as pino's children do; `{}` of one that does not tell. */
function bindingsOf(logger: Logger): object {
  const read = (logger as { bindings?: unknown }).bindings;
  const bindings: unknown = typeof read === 'function' ? read.call(logger) : undefined;
  return typeof bindings === 'object' && bindings !== null ? bindings : {};
}

/**
 * A request's own logger (pino-http) has the request in every line already, and what its `customProps` gave: pino writes
 * a key that comes again a second time. `req` is left out then, and its route, which pino-http does not know, is told
 * with the costs.
 *
 * @returns `undefined` when even the costs' own key is taken: this logger cannot tell them
 */
export function fieldsFor(logger: Logger, { edenai, ...known }: LineFields): Fields | undefined {
  const bindings = bindingsOf(logger);
  if (Object.hasOwn(bindings, 'edenai')) return undefined;
  const free = Object.fromEntries(Object.entries(known).filter(([key]) => !Object.hasOwn(bindings, key)));
  const { route } = (known.req ?? {}) as { route?: unknown };
  return { ...free, edenai: route === undefined || 'req' in free ? edenai : { route, ...edenai } };
}
