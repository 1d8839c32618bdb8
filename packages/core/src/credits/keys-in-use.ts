/** A key that no call has had for this long is given up: it was replaced, or its tenant has gone. */
const IN_USE_MS = 3_600_000;

/** How many keys are remembered. */
const MOST = 1_000;

/** Which API keys calls have had lately, by their hashes. */
export class KeysInUse {
  readonly #usedAt = new Map<string, number>();

  use(hash: string, now: number): void {
    this.#usedAt.delete(hash); // the latest is the last one
    this.#usedAt.set(hash, now);
    if (this.#usedAt.size > MOST) this.#usedAt.delete(this.#usedAt.keys().next().value as string);
  }

  every(now: number, is: (hash: string) => boolean): boolean {
    for (const [hash, usedAt] of this.#usedAt) if (now - usedAt < IN_USE_MS && !is(hash)) return false;
    return true;
  }
}
