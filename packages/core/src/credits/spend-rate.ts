import type { Nanos } from '../money.js';

const HOUR_MS = 3_600_000;
const BUCKET_MS = 300_000;
const BUCKETS = HOUR_MS / BUCKET_MS;

/** A shorter time says nothing of an hour: the first call after a start would be taken for many. */
const LEAST_MS = 900_000;

/** What was spent in the last hour, in buckets of five minutes. */
export class SpendRate {
  readonly #buckets = new Map<number, Nanos>();

  /** @param since when it began to be seen */
  constructor(private since: number) {}

  add(amount: Nanos, at: number): void {
    const bucket = Math.floor(at / BUCKET_MS);
    this.#buckets.set(bucket, (this.#buckets.get(bucket) ?? 0) + amount);
    for (const old of this.#buckets.keys()) {
      if (old <= bucket - BUCKETS || old > bucket) this.#buckets.delete(old);
    }
  }

  /** Nanos an hour; 0 when nothing was spent, and until a quarter of an hour was seen. */
  perHour(now: number): Nanos {
    // a clock that was set back
    this.since = Math.min(this.since, now);
    const bucket = Math.floor(now / BUCKET_MS);
    let spent = 0;
    for (const [index, amount] of this.#buckets) if (index > bucket - BUCKETS) spent += amount;
    const elapsed = Math.min(HOUR_MS - BUCKET_MS + (now % BUCKET_MS), now - this.since);
    return elapsed < LEAST_MS ? 0 : Math.max(0, Math.round((spent * HOUR_MS) / elapsed));
  }
}
