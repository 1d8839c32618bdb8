import type { ManualClock } from '@eden-cost/testing';

/** Moves the clock a little at a time until a promise is settled: also a ledger that asks again and again gets there. */
export async function whileMoving<T>(clock: ManualClock, promise: T | Promise<T>, mostMs = 10_000): Promise<T> {
  let isSettled = false;
  const settled = Promise.resolve(promise).finally(() => {
    isSettled = true;
  });
  settled.catch(() => {});
  for (let ms = 0; ms <= mostMs; ms += 25) {
    await new Promise((resolve) => setImmediate(resolve));
    if (isSettled) break;
    clock.advance(25);
  }
  return settled;
}
