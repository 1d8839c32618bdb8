/** What a {@link LabelValues} tells. */
export interface LabelValueEvents {
  /** A budget has more distinct values than it keeps accounts for; told once for each window. */
  overflow(budget: string): void;
  /** A scope without the label of a budget came by; told once for each budget. */
  unlabelled(budget: string): void;
}

interface Seen {
  readonly windowStart: number;
  readonly values: Set<string>;
  isFull: boolean;
}

const OVERFLOW = '~overflow';

/** Bounds how many accounts a budget has in one window: a label may come from outside. */
export class LabelValues {
  /** By budget: the values of its latest window. */
  readonly #seen = new Map<string, Seen>();
  readonly #unlabelled = new Set<string>();

  constructor(
    private readonly maxAccounts: number,
    private readonly events: LabelValueEvents,
  ) {}

  /**
   * The part of the account's key: the value itself, or `~overflow` for new values beyond `maxAccounts`.
   *
   * @param windowStart milliseconds since the epoch, 0 where there is no window
   */
  admit(budget: string, windowStart: number, value: string): string {
    const seen = this.#seenIn(budget, windowStart);
    if (seen.values.has(value)) return value;
    if (seen.values.size < this.maxAccounts) {
      seen.values.add(value);
      return value;
    }
    if (!seen.isFull) {
      seen.isFull = true;
      this.events.overflow(budget);
    }
    return OVERFLOW;
  }

  /** A value that keeps an account of its own, however many others there are. */
  keep(budget: string, windowStart: number, value: string): void {
    this.#seenIn(budget, windowStart).values.add(value);
  }

  unlabelled(budget: string): void {
    if (this.#unlabelled.has(budget)) return;
    this.#unlabelled.add(budget);
    this.events.unlabelled(budget);
  }

  #seenIn(budget: string, windowStart: number): Seen {
    const latest = this.#seen.get(budget);
    if (latest !== undefined && latest.windowStart === windowStart) return latest;
    const seen = { windowStart, values: new Set<string>(), isFull: false };
    this.#seen.set(budget, seen);
    return seen;
  }
}
