import type { MaybePromise } from './ledger/ledger.js';

export type { MaybePromise };

/** True for anything that has to be awaited, also a promise from another realm. */
export const isPromise = <T>(value: MaybePromise<T>): value is Promise<T> =>
  typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';

/** Goes on with a value at once when it is there, else when it comes: what need not wait stays synchronous. */
export function then<T, R>(value: MaybePromise<T>, next: (value: T) => MaybePromise<R>): MaybePromise<R> {
  return isPromise(value) ? value.then(next) : next(value);
}
