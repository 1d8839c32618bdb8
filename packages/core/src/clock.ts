/** A timer that was started by a {@link Clock}. */
export interface Timer {
  cancel(): void;
}

/** The only source of time: tests hand in one that they move by hand. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /**
   * Calls `fn` once after `ms` milliseconds. The timer keeps the process alive only where a call waits for it
   * (`keepAlive`): what is left undone else is not worth that.
   */
  after(ms: number, fn: () => void, options?: { readonly keepAlive?: boolean }): Timer;
}

/** `setTimeout` keeps its delay in 31 bits: anything longer, 25 days or more, would fire at once. */
const LONGEST_MS = 2 ** 31 - 1;

/** The system's own time. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, fn, { keepAlive = false } = {}) {
    let timer: NodeJS.Timeout;
    const wait = (left: number) => {
      const onTime = left > LONGEST_MS ? () => wait(left - LONGEST_MS) : fn;
      timer = setTimeout(onTime, Math.min(left, LONGEST_MS));
      if (!keepAlive) timer.unref();
    };
    wait(ms);
    return { cancel: () => clearTimeout(timer) };
  },
};
