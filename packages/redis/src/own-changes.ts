/** As many numbers that never came are remembered: those of answers that were lost on their way. */
const MOST_MISSING = 10_000;

/**
 * The server numbers the changes that one process makes. What it has answered once it never answers again, unless it went
 * back to an earlier state: it was restarted from an older snapshot, or a replica took over that was behind.
 */
export class OwnChanges {
  /** The greatest number that was answered. */
  latest = 0;
  readonly #missing = new Set<number>();

  /**
   * Answers come in any order over several connections, and some never.
   *
   * @returns false when the number was answered before
   */
  heard(change: number): boolean {
    if (change <= this.latest) return this.#missing.delete(change);
    for (let missing = Math.max(this.latest + 1, change - MOST_MISSING); missing < change; missing++) {
      this.#missing.add(missing);
      if (this.#missing.size > MOST_MISSING) this.#missing.delete(this.#missing.values().next().value as number);
    }
    this.latest = change;
    return true;
  }
}
