import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock, Timer } from '@eden-cost/core';

const DEFAULT_START = Date.UTC(2026, 0, 1);

/** A clock that a test moves by hand. */
export interface ManualClock extends Clock {
  /** How many timers are waiting. */
  readonly pending: number;
  /** Moves time forward and fires the timers that come due, in order; while one runs, `now()` is the moment it was due. */
  advance(ms: number): void;
  /** As `advance`, and lets promises and I/O callbacks run after each timer, so that timers they start fire too. */
  advanceAsync(ms: number): Promise<void>;
  /** Sets the time of day, as an operator would: timers fire after the same delay as before. */
  set(ms: number): void;
}

interface Waiting {
  readonly due: number;
  readonly fn: () => void;
}

/**
 * A clock that stands still until it is moved.
 *
 * @param startMs milliseconds since the epoch, default 2026-01-01T00:00:00Z
 */
export function manualClock(startMs: number = DEFAULT_START): ManualClock {
  const waiting = new Set<Waiting>();
  let elapsed = 0;
  let start = startMs;

  const nextDue = (until: number): Waiting | undefined => {
    let next: Waiting | undefined;
    for (const timer of waiting) if (timer.due <= until && (!next || timer.due < next.due)) next = timer;
    return next;
  };
  const fire = (timer: Waiting): void => {
    waiting.delete(timer);
    elapsed = Math.max(elapsed, timer.due);
    timer.fn();
  };
  const targetAfter = (ms: number): number => {
    if (!(ms >= 0)) throw new RangeError(`a clock advances by 0 ms or more, not by ${ms}; use set() to go back`);
    return elapsed + ms;
  };

  return {
    get pending() {
      return waiting.size;
    },
    now: () => start + elapsed,
    after(ms, fn): Timer {
      const timer = { due: elapsed + Math.max(0, ms), fn };
      waiting.add(timer);
      return { cancel: () => void waiting.delete(timer) };
    },
    advance(ms) {
      const target = targetAfter(ms);
      for (let timer = nextDue(target); timer; timer = nextDue(target)) fire(timer);
      elapsed = target;
    },
    async advanceAsync(ms) {
      const target = targetAfter(ms);
      await nextTurn();
      for (let timer = nextDue(target); timer; timer = nextDue(target)) {
        fire(timer);
        await nextTurn();
      }
      elapsed = Math.max(elapsed, target);
    },
    set(ms) {
      start = ms - elapsed;
    },
  };
}
