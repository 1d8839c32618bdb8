import type { HeaderLookup } from '../exchange.js';
import { callKey } from './call-key.js';
import type { Secret } from './secret.js';

/** Whether a call draws on the watched credits; `maybe`: its key may be another account's. */
export type DrawsOnCredits = 'yes' | 'maybe' | 'no';

/** Which keys draw on the watched credits. */
export class AccountKeys {
  readonly #keys: ReadonlySet<string>;
  readonly #others: DrawsOnCredits;

  /** @param keys all keys of the account that the app calls with; `undefined`: those of others are not told apart */
  constructor(apiKey: Secret, keys: readonly Secret[] | undefined) {
    this.#keys = new Set([apiKey, ...(keys ?? [])].map((key) => key.reveal()));
    this.#others = keys === undefined ? 'maybe' : 'no';
  }

  /** A call without a key goes through a proxy, which adds the account's. */
  drawOf(header: HeaderLookup): DrawsOnCredits {
    const key = callKey(header);
    return key === undefined || this.#keys.has(key) ? 'yes' : this.#others;
  }
}
