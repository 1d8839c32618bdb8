import { setImmediate as nextTurn } from 'node:timers/promises';

const GIVE_UP_MS = 15_000;

/** Lets the event loop turn until something that nobody announces has happened. Fails when it never does. */
export async function turnsUntil(happened: () => boolean): Promise<void> {
  const start = performance.now();
  while (!happened()) {
    if (performance.now() - start > GIVE_UP_MS) throw new Error(`It has not happened: ${happened}`);
    await nextTurn();
  }
}
