import { isPromise } from './maybe.js';
import type { OpenScope } from './meter.js';

/** Runs `fn` in the scope, which is finished when `fn` has returned or thrown, or when its promise is settled. */
export function runInScope<T>(open: OpenScope, fn: () => T): T {
  const finish = () => open.finish({ aborted: false });
  let result: T;
  try {
    result = open.scope.run(fn);
  } catch (error) {
    finish();
    throw error;
  }
  if (isPromise(result)) result.then(finish, finish);
  else finish();
  return result;
}
