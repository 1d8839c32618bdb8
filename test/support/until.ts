/** Longer than what is waited for takes on a busy machine, and shorter than the time-out of a test. */
const GIVE_UP_MS = 15_000;
const PAUSE_MS = 10;

/**
 * Waits for what something else brings about, and nobody announces. Fails when it does not come, also when nobody answers whether
 * it has: a loop that outlives its test would disturb the next ones, and keep the process from its end.
 *
 * @param what as in: waited in vain until `what`
 */
export async function until(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  giveUpMs = GIVE_UP_MS,
): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const inVain = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Waited ${giveUpMs} ms in vain until ${what}`)), giveUpMs);
  });
  const next = (answer: boolean | Promise<boolean> | Promise<void>) => Promise.race([answer, inVain]);
  try {
    while (!(await next(isSo()))) await next(new Promise<void>((resolve) => setTimeout(resolve, PAUSE_MS)));
  } finally {
    clearTimeout(timer);
  }
}
