import Module from 'node:module';

interface LoadedModule {
  readonly exports?: { readonly prototype?: object };
}

/** The file of undici that holds the class that all its dispatchers inherit from. */
const DISPATCHER_BASE = /[\\/]lib[\\/]dispatcher[\\/]dispatcher-base\.js$/;

/**
 * A dispatcher of each copy of undici that npm packages brought: each copy has a prototype of its own. undici is
 * CommonJS, so Node's module cache holds every copy that is loaded, also those that were imported. Bundled copies are
 * not in it.
 */
export function loadedCopies(): object[] {
  const cache = (Module as unknown as { _cache?: Record<string, LoadedModule | undefined> })._cache ?? {};
  return Object.keys(cache)
    .filter((file) => DISPATCHER_BASE.test(file))
    .map((file) => cache[file]?.exports?.prototype)
    .filter((prototype) => typeof prototype === 'object')
    .map((prototype) => Object.create(prototype as object) as object);
}
