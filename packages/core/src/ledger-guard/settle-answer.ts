import type { MaybePromise, SettleResult } from '../ledger/ledger.js';
import { isPromise } from '../maybe.js';

/**
 * What a settlement came to that may have to be asked for several times: only one of the answers says what it did to the
 * budgets, and it may come after its deadline, or after that to a later attempt.
 */
export class SettleAnswer {
  /** Resolves once; `undefined` if the ledger could never be told. */
  readonly result: Promise<SettleResult | undefined>;
  #resolve: (result: SettleResult | undefined) => void = () => {};
  readonly #attempts: Promise<unknown>[] = [];

  constructor() {
    this.result = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  /** One attempt, whenever it is answered. */
  attempt<T extends MaybePromise<SettleResult>>(answer: T): T {
    const applied = (result: SettleResult) => result.applied && this.#resolve(result);
    if (isPromise(answer)) this.#attempts.push(answer.then(applied, () => {}));
    return answer;
  }

  /** There will be no further attempt: this was the answer to the last one, or there was none. */
  end(last: SettleResult | undefined): void {
    if (last?.known === false) this.#resolve(last);
    else void Promise.all(this.#attempts).then(() => this.#resolve(last));
  }
}
