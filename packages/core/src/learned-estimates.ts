import type { Call } from './call.js';
import type { Operation } from './charge.js';
import type { Nanos } from './money.js';

/** From here on a model's own costs make its estimate. */
const ENOUGH = 20;
/** After this many calls all counts are halved: prices and habits change. */
const HALF_LIFE = 1_000;
const SHARE = 0.95;
/** Each bucket reaches this much further than the one before: an estimate is at most a fifth too high. */
const STEP = Math.log(1.19);
const MODELS_KEPT = 1_000;

/** What calls of an operation and a model have cost, as a histogram: the estimate of those that say no bound. */
export class LearnedEstimates {
  readonly #models = new Map<string, Map<Operation, Costs>>();

  add({ kind, facts: { model = '' } }: Pick<Call, 'kind' | 'facts'>, amount: Nanos): void {
    const known = this.#models.get(model);
    const operations = known ?? new Map<Operation, Costs>();
    const costs = operations.get(kind.operation) ?? new Costs();
    operations.set(kind.operation, costs);
    costs.add(amount);
    if (known !== undefined && this.#models.size < MODELS_KEPT) return;
    // the oldest comes first: where there is no room for another model, the one goes that has not answered for longest
    this.#models.delete(model);
    this.#models.set(model, operations);
    if (this.#models.size > MODELS_KEPT) this.#models.delete(this.#models.keys().next().value as string);
  }

  /** In nanos; `undefined` before 20 calls. */
  of(operation: Operation, model = ''): Nanos | undefined {
    return this.#models.get(model)?.get(operation)?.percentile();
  }
}

/** 1.19 to the power of the last one is more than any amount that is exact. */
const BUCKETS = 256;

class Costs {
  /** How many amounts lie in each; the first holds those that are nothing. */
  readonly #buckets = new Uint32Array(BUCKETS);
  #highest = 0;
  #count = 0;

  add(amount: Nanos): void {
    const bucket = amount <= 0 ? 0 : Math.min(1 + Math.ceil(Math.log(amount) / STEP), BUCKETS - 1);
    this.#buckets[bucket] = (this.#buckets[bucket] ?? 0) + 1;
    this.#highest = Math.max(this.#highest, bucket);
    this.#count += 1;
    if (this.#count >= HALF_LIFE) this.#halve();
  }

  #halve(): void {
    this.#count = 0;
    for (const [bucket, count] of this.#buckets.entries()) {
      this.#buckets[bucket] = Math.floor(count / 2);
      this.#count += Math.floor(count / 2);
    }
  }

  /** The end of the bucket that 95 of 100 amounts do not go beyond: found from above, where few are left to look through. */
  percentile(): Nanos | undefined {
    if (this.#count < ENOUGH) return undefined;
    const within = Math.ceil(this.#count * SHARE);
    let below = this.#count;
    let bucket = this.#highest + 1;
    while (below >= within) below -= this.#buckets[--bucket] ?? 0;
    return bucket === 0 ? 0 : Math.ceil(Math.exp((bucket - 1) * STEP));
  }
}
