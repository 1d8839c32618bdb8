import type { CostScope, Meter, RunInit } from '@eden-cost/core';
import { isObservable, Observable } from 'rxjs';

/** Subscribes within a scope: what an Observable does, it does then. */
export const observeIn = <T>(scope: CostScope, make: () => Observable<T>, over = () => {}): Observable<T> =>
  new Observable((subscriber) => {
    const subscription = scope.run(() => make().subscribe(subscriber));
    return () => {
      subscription.unsubscribe();
      over();
    };
  });

/** Iterates within a scope: a generator goes on in the async context of whoever asks it for more. */
async function* iterateIn<T>(scope: CostScope, source: AsyncGenerator<T>, over: () => void): AsyncGenerator<T> {
  try {
    for (let sent: unknown; ; ) {
      const { done, value } = await scope.run(() => source.next(sent));
      if (done) return value;
      sent = yield value;
    }
  } finally {
    await scope.run(() => source.return(undefined));
    over();
  }
}

const isAsyncGenerator = (value: unknown): value is AsyncGenerator =>
  typeof value === 'object' &&
  value !== null &&
  [Symbol.asyncIterator, 'next', 'return', 'throw'].every((key) => typeof value[key as never] === 'function');

/**
 * @param over called when it has been consumed, or given up
 * @returns the same work, to be done within the scope; `undefined` for a value that has none left to do
 */
export function lazyIn(scope: CostScope, value: unknown, over?: () => void): unknown {
  if (isObservable(value)) return observeIn(scope, () => value, over);
  return isAsyncGenerator(value) ? iterateIn(scope, value, over ?? (() => {})) : undefined;
}

/** As the meter's own `run()`, for what Nest's methods return as well: an Observable is done when it has been consumed. */
export function runLazy<T>(meter: Meter, init: RunInit, fn: () => T): T {
  let lazy: unknown;
  const ran = meter.run(init, () => {
    const returned = fn();
    let over = () => {};
    const consumed = new Promise<void>((resolve) => {
      over = resolve;
    });
    lazy = lazyIn(meter.current() as CostScope, returned, over);
    return lazy === undefined ? returned : consumed;
  });
  return (lazy ?? ran) as T;
}
