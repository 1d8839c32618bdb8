import type { Clock, Timer } from '../clock.js';

/** A ledger that has not answered by then counts as down. */
export const DEADLINE_MS = 250;

const SLICES = 5;

/** A ledger did not answer in time: what it did of the question, or may do yet, is not known. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
  readonly code = 'ETIMEDOUT';
}

/**
 * Rejects when there is no answer in time: the clients of some servers wait for ever. A process that was busy finds its
 * timers due before the answers that have come meanwhile, so the time counts in slices, and a stall is one of them.
 */
export function withDeadline<T>(promise: Promise<T>, ms: number, clock: Clock, message?: string): Promise<T> {
  return new Promise((resolve, reject) => {
    let left = SLICES;
    let timer: Timer;
    const wait = () => {
      timer = clock.after(ms / SLICES, onTime, { keepAlive: true });
    };
    const onTime = () => {
      left -= 1;
      if (left > 0) wait();
      else reject(new NoAnswer(message ?? `The ledger did not answer within ${Math.round(ms)} ms`));
    };
    wait();
    promise.then(resolve, reject).finally(() => timer.cancel());
  });
}
