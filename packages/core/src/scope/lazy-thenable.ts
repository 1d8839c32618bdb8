import { types } from 'node:util';
import { isPromise } from '../maybe.js';

type Then = PromiseLike<unknown>['then'];

/**
 * A promise is at work when it is handed over; any other thenable may begin when its `then` is called. superagent sends
 * its request there, and a query builder does so at each call: it is called inside the context, and once.
 *
 * @param run runs a function inside the context
 */
export function keepInside<T>(result: T, run: (fn: () => Promise<unknown>) => Promise<unknown>): T {
  if (!isPromise(result) || types.isPromise(result)) return result;
  const original = (result as PromiseLike<unknown>).then;
  let outcome: Promise<unknown> | undefined;
  const value: Then = (fulfilled, rejected) => {
    outcome ??= run(() => new Promise((resolve, reject) => original.call(result, resolve, reject)));
    return outcome.then(fulfilled, rejected);
  };
  Reflect.defineProperty(result, 'then', { value, configurable: true, writable: true });
  return result;
}
