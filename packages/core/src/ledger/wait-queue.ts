import type { Nanos } from '../money.js';

/** What a queue needs to know of one who waits in it. */
export interface Queued<T> {
  /** The order of arrival, over all queues. */
  readonly order: number;
  /** Once more than this is spent, there can be no room for it any more. */
  spentAbove: Nanos;
  /** The queue's own. */
  before: T | undefined;
  /** The queue's own. */
  after: T | undefined;
}

/** Those who wait for room on one account, in the order of arrival. */
export class WaitQueue<T extends Queued<T>> {
  first: T | undefined = undefined;
  #last: T | undefined = undefined;
  /** Not above any waiter's `spentAbove`. */
  #spentAbove = Number.POSITIVE_INFINITY;

  add(waiter: T): void {
    const after = this.#firstAfter(waiter.order);
    const before = after === undefined ? this.#last : after.before;
    waiter.before = before;
    waiter.after = after;
    if (before === undefined) this.first = waiter;
    else before.after = waiter;
    if (after === undefined) this.#last = waiter;
    else after.before = waiter;
    this.#spentAbove = Math.min(this.#spentAbove, waiter.spentAbove);
  }

  remove(waiter: T): void {
    const { before, after } = waiter;
    if (before === undefined) this.first = after;
    else before.after = after;
    if (after === undefined) this.#last = before;
    else after.before = before;
    waiter.before = undefined;
    waiter.after = undefined;
  }

  /** Those that no call in flight can make room for any more. Looks through the queue only when there may be some. */
  hopeless(spent: Nanos): T[] {
    const found: T[] = [];
    if (spent <= this.#spentAbove) return found;
    this.#spentAbove = Number.POSITIVE_INFINITY;
    for (let waiter = this.first; waiter !== undefined; waiter = waiter.after) {
      if (spent > waiter.spentAbove) found.push(waiter);
      else this.#spentAbove = Math.min(this.#spentAbove, waiter.spentAbove);
    }
    return found;
  }

  /** One that comes from another account's queue keeps its place by arrival, and is among the oldest: look from the front. */
  #firstAfter(order: number): T | undefined {
    if (this.#last === undefined || this.#last.order < order) return undefined;
    let waiter = this.first;
    while (waiter !== undefined && waiter.order < order) waiter = waiter.after;
    return waiter;
  }
}
