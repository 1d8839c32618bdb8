import type { Nanos } from '../money.js';

const HOUR_MS = 3_600_000;
const BUCKET_MS = 300_000;
const BUCKETS = HOUR_MS / BUCKET_MS;

/** What was spent in the last hour, in buckets of five minutes. */
export class SpendRate {
  readonly #buckets = new Map<number, Nanos>();
  #since: number | undefined;

  add(amount: Nanos, at: number): void {
    this.#since ??= at;
    const bucket = Math.floor(at / BUCKET_MS);
    this.#buckets.set(bucket, (this.#buckets.get(bucket) ?? 0) + amount);
    for (const old of this.#buckets.keys()) {
      if (old <= bucket - BUCKETS || old > bucket) this.#buckets.delete(old);
    }
  }

  /** Nanos an hour. A first burst is taken for five minutes' worth, or all would seem to end at once. */
  perHour(now: number): Nanos {
    const bucket = Math.floor(now / BUCKET_MS);
    let spent = 0;
    for (const [index, amount] of this.#buckets) if (index > bucket - BUCKETS) spent += amount;
    const elapsed = Math.min(HOUR_MS, Math.max(BUCKET_MS, now - (this.#since ?? now)));
    return Math.max(0, Math.round((spent * HOUR_MS) / elapsed));
  }
}
