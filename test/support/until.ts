/** Longer than anything that is waited for takes on a busy machine, and shorter than a test's own time-out. */
const GIVE_UP_MS = 15_000;
const PAUSE_MS = 10;

/**
 * Waits for what something else brings about, and nobody announces. Fails when it never comes: a loop that outlives its test keeps
 * the whole worker from its end.
 *
 * @param what is awaited, for the message
 */
export async function until(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  giveUpMs: number = GIVE_UP_MS,
): Promise<void> {
  const start = performance.now();
  while (!(await isSo())) {
    if (performance.now() - start > giveUpMs) throw new Error(`Waited ${giveUpMs} ms in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}
