import type { Meter } from '@eden-cost/core';

/** On the meter, where another copy of this package finds it. */
const USERS = Symbol.for('@eden-cost/nestjs:users');

/**
 * Counts the modules that use a meter which one of them made: it goes on until the last has let go of it. A meter that
 * the app made itself is the app's to close.
 *
 * @returns lets go of it
 */
export function useMeter(meter: Meter & { [USERS]?: number }, isNew: boolean): () => Promise<void> {
  if (isNew) Object.defineProperty(meter, USERS, { value: 0, writable: true });
  if (meter[USERS] === undefined) return async () => {};
  meter[USERS] += 1;
  let released = false;
  return async () => {
    if (released) return;
    released = true;
    meter[USERS] = (meter[USERS] as number) - 1;
    if (meter[USERS] === 0) await meter.close();
  };
}
