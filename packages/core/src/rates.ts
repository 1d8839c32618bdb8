import type { Clock } from './clock.js';
import type { BaseUrl } from './edenai/base-url.js';
import { parseRateCard, type RateCard } from './edenai/rates.js';
import type { MaybePromise } from './maybe.js';

const REFRESH_MS = 6 * 3_600_000;
const RETRY_MS = 10 * 60_000;
const FETCH_TIMEOUT_MS = 15_000;

/**
 * The rate card in use. With `'fetch'` it is Eden AI's own list (`GET /v3/models`, public and free), read in the
 * background when a budget first needs it, and again after six hours; no call waits for it.
 */
export class Rates {
  #card: RateCard | undefined;
  #nextAt = 0;
  #loading: Promise<void> | undefined;
  readonly #closing = new AbortController();

  constructor(
    private readonly option: 'fetch' | false | RateCard,
    private readonly base: BaseUrl,
    private readonly clock: Clock,
    private readonly fetch: typeof globalThis.fetch,
    private readonly failed: (cause: unknown) => void,
  ) {
    if (typeof option === 'object') this.#card = option;
  }

  /** The card as it is known now. */
  get card(): RateCard | undefined {
    return this.#card;
  }

  /** Starts reading the list if it is time to. Resolves when a first card is there, or cannot be had. */
  need(): MaybePromise<void> {
    if (this.option !== 'fetch') return undefined;
    if (this.#loading === undefined && this.clock.now() >= this.#nextAt) {
      this.#loading = this.#load().finally(() => {
        this.#loading = undefined;
      });
    }
    return this.#card === undefined ? this.#loading : undefined;
  }

  stop(): void {
    this.#closing.abort();
  }

  async #load(): Promise<void> {
    try {
      const response = await this.fetch(`${this.base.origin}${this.base.prefix}/v3/models`, {
        headers: { accept: 'application/json' },
        signal: AbortSignal.any([AbortSignal.timeout(FETCH_TIMEOUT_MS), this.#closing.signal]),
      });
      if (!response.ok) throw new Error(`GET /v3/models answered ${response.status}`);
      this.#card = parseRateCard(await response.json());
      this.#nextAt = this.clock.now() + REFRESH_MS;
    } catch (cause) {
      this.#nextAt = this.clock.now() + RETRY_MS;
      if (!this.#closing.signal.aborted) this.failed(cause);
    }
  }
}
