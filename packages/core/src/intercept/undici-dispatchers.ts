import { realGlobal } from '../process-state.js';
import type { Dispatcher, DispatchOptions } from './undici-types.js';

/** Where undici keeps the dispatcher of `fetch` and `request`: `.2` since undici 8, which mirrors it at `.1`. */
const GLOBAL_DISPATCHERS = [Symbol.for('undici.globalDispatcher.2'), Symbol.for('undici.globalDispatcher.1')];

export function globalDispatchers(): Dispatcher[] {
  void realGlobal.Response; // undici is loaded, and its dispatcher made, when one of its classes is first touched
  const slots = realGlobal as unknown as Record<symbol, Dispatcher | undefined>;
  const found: Dispatcher[] = [];
  for (const slot of GLOBAL_DISPATCHERS) if (slots[slot] !== undefined) found.push(slots[slot]);
  return found;
}

/** The prototype that all dispatchers of one copy of undici inherit `dispatch` from. */
export function dispatcherBase(dispatcher: object): Dispatcher | undefined {
  let base: object | null = Object.getPrototypeOf(dispatcher);
  let found: object | undefined;
  for (; base !== null && base !== Object.prototype; base = Object.getPrototypeOf(base)) {
    // the abstract Dispatcher at the root has a `dispatch` that only throws; DispatcherBase, just below, also has `close`
    if (Object.hasOwn(base, 'dispatch') && (found === undefined || Object.hasOwn(base, 'destroyed'))) found = base;
  }
  return found as Dispatcher | undefined;
}

/** Scheme, host and port of where a call goes; `undefined` where that is not said. */
export function originOf(dispatcher: Dispatcher, { origin }: DispatchOptions): string | undefined {
  if (typeof origin === 'string') return origin;
  if (typeof origin === 'object') return origin.origin;
  // a Pool or a Client knows its own origin, at a symbol that undici does not export
  const kUrl = Object.getOwnPropertySymbols(dispatcher).find(({ description }) => description === 'url');
  const url = kUrl && (dispatcher as unknown as Record<symbol, unknown>)[kUrl];
  return url instanceof URL ? url.origin : undefined;
}
