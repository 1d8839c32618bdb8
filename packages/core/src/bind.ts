import { AsyncLocalStorage } from 'node:async_hooks';
import { keepInside } from './scope/lazy-thenable.js';

/** A function that runs in the context that it was bound in, wherever it is called. */
export function bind<F extends (...args: never[]) => unknown>(fn: F): F {
  const inContext = AsyncLocalStorage.snapshot();
  return function bound(this: unknown, ...args: never[]) {
    return keepInside(
      inContext(() => fn.apply(this, args)),
      inContext,
    );
  } as F;
}
