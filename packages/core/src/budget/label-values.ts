/** What a {@link LabelValues} tells. */
export interface LabelValueEvents {
  /** A budget has more distinct values than it keeps accounts for; told once for each window. */
  overflow(budget: string): void;
  /** A scope without the label of a budget came by; told once for each budget. */
  unlabelled(budget: string): void;
}

interface Seen {
  readonly windowStart: number;
  /** The account's key by the value. */
  readonly keys: Map<string, string>;
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
   * The account's key: `whole:value`, or `whole:~overflow` for new values beyond `maxAccounts`. Of a value that has an
   * account it is the same text object each time, whose hash is known.
   *
   * @param windowStart milliseconds since the epoch, 0 where there is no window
   * @param whole the part of the key that all values have in common
   */
  keyOf(budget: string, windowStart: number, value: string, whole: string): string {
    const seen = this.#seenIn(budget, windowStart);
    const known = seen.keys.get(value);
    if (known !== undefined) return known;
    if (seen.keys.size < this.maxAccounts) {
      const key = `${whole}:${value}`;
      seen.keys.set(value, key);
      return key;
    }
    if (!seen.isFull) {
      seen.isFull = true;
      this.events.overflow(budget);
    }
    return `${whole}:${OVERFLOW}`;
  }

  /** A value that keeps an account of its own, however many others there are. */
  keep(budget: string, windowStart: number, value: string, key: string): void {
    this.#seenIn(budget, windowStart).keys.set(value, key);
  }

  unlabelled(budget: string): void {
    if (this.#unlabelled.has(budget)) return;
    this.#unlabelled.add(budget);
    this.events.unlabelled(budget);
  }

  #seenIn(budget: string, windowStart: number): Seen {
    const latest = this.#seen.get(budget);
    if (latest !== undefined && latest.windowStart === windowStart) return latest;
    const seen = { windowStart, keys: new Map<string, string>(), isFull: false };
    this.#seen.set(budget, seen);
    return seen;
  }
}
