import type { Nanos } from '../money.js';
import type { AutoRefill } from './credits-options.js';

/** Tells once when a balance below the threshold is not refilled: most likely the card was refused. */
export class RefillWatch {
  #last: Nanos | undefined;
  #belowSince: number | undefined;
  #isTold = false;

  constructor(private readonly autoRefill: AutoRefill) {}

  /**
   * After a read. A purchase that took it above the threshold ends it, also when that was spent before the read.
   *
   * @param rise what the read shows of purchases
   */
  isOverdue(read: Nanos, rise: Nanos, at: number): boolean {
    const { threshold, graceMs } = this.autoRefill;
    const highest = Math.max(read, (this.#last ?? read) + rise);
    this.#last = read;
    if (highest >= threshold) {
      this.#belowSince = undefined;
      this.#isTold = false;
    }
    if (read >= threshold) return false;
    this.#belowSince ??= at;
    if (this.#isTold || at - this.#belowSince < graceMs) return false;
    this.#isTold = true;
    return true;
  }
}
