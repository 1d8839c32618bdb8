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
  readonly #models = new Map<string, Costs>();

  add({ kind, facts }: Pick<Call, 'kind' | 'facts'>, amount: Nanos): void {
    const key = keyOf(kind.operation, facts.model);
    const costs = this.#models.get(key) ?? new Costs();
    this.#models.delete(key);
    this.#models.set(key, costs);
    if (this.#models.size > MODELS_KEPT) this.#models.delete(this.#models.keys().next().value as string);
    costs.add(amount);
  }

  /** In nanos; `undefined` before 20 calls. */
  of(operation: Operation, model: string | undefined): Nanos | undefined {
    return this.#models.get(keyOf(operation, model))?.percentile();
  }
}

const keyOf = (operation: Operation, model = ''): string => `${operation} ${model}`;

class Costs {
  readonly #buckets = new Map<number, number>();
  #count = 0;
  /** What was last computed, until there is more to learn from. */
  #percentile: Nanos | undefined;

  add(amount: Nanos): void {
    this.#percentile = undefined;
    const bucket = amount <= 0 ? -1 : Math.ceil(Math.log(amount) / STEP);
    this.#buckets.set(bucket, (this.#buckets.get(bucket) ?? 0) + 1);
    this.#count += 1;
    if (this.#count < HALF_LIFE) return;
    this.#count = 0;
    for (const [index, count] of this.#buckets) {
      const half = Math.floor(count / 2);
      this.#count += half;
      if (half === 0) this.#buckets.delete(index);
      else this.#buckets.set(index, half);
    }
  }

  percentile(): Nanos | undefined {
    if (this.#count < ENOUGH) return undefined;
    this.#percentile ??= this.#compute();
    return this.#percentile;
  }

  #compute(): Nanos | undefined {
    let left = Math.ceil(this.#count * SHARE);
    for (const [bucket, count] of [...this.#buckets].sort(([a], [b]) => a - b)) {
      left -= count;
      if (left <= 0) return bucket < 0 ? 0 : Math.ceil(Math.exp(bucket * STEP));
    }
    return undefined;
  }
}
