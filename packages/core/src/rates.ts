import type { Clock } from './clock.js';
import type { BaseUrl } from './edenai/base-url.js';
import { cardOf, type PriceList, parsePriceList, type RateCard } from './edenai/rates.js';
import type { MaybePromise } from './maybe.js';

/** Eden AI's lists of models that are sold by the token. Moderation is sold by the request too: that list may have no rate. */
const LISTS = [
  { path: '/v3/models', hasRates: true },
  { path: '/v3/embeddings/models', hasRates: true },
  { path: '/v3/moderations/models', hasRates: false },
] as const;

const REFRESH_MS = 6 * 3_600_000;
const RETRY_MS = 10 * 60_000;
const FETCH_TIMEOUT_MS = 15_000;

/**
 * The rate card in use. With `'fetch'` it is Eden AI's own lists (`GET /v3/models` and two more, public and free),
 * read in the background when a call first needs them, and again after six hours; no call waits for them.
 */
export class Rates {
  #card: RateCard | undefined;
  /** As they were last read, by path: one that cannot be read keeps the prices that it had. */
  readonly #lists = new Map<string, PriceList>();
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

  /** Starts reading the lists if it is time to. Resolves when a first card is there, or cannot be had. */
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
    const failures = (await Promise.all(LISTS.map((list) => this.#read(list)))).filter((cause) => cause !== undefined);
    if (this.#lists.size > 0) this.#card = cardOf([...this.#lists.values()]);
    this.#nextAt = this.clock.now() + (failures.length > 0 ? RETRY_MS : REFRESH_MS);
    if (failures.length > 0 && !this.#closing.signal.aborted) this.failed(failures[0]);
  }

  /** Resolves with what went wrong. */
  async #read({ path, hasRates }: (typeof LISTS)[number]): Promise<unknown> {
    try {
      const response = await this.fetch(`${this.base.origin}${this.base.prefix}${path}`, {
        headers: { accept: 'application/json' },
        signal: AbortSignal.any([AbortSignal.timeout(FETCH_TIMEOUT_MS), this.#closing.signal]),
      });
      if (!response.ok) throw new Error(`GET ${path} answered ${response.status}`);
      const list = parsePriceList(await response.json());
      if (hasRates && list.ids.size + list.routed.size === 0)
        throw new Error(`GET ${path} answered without a single price`);
      this.#lists.set(path, list);
      return undefined;
    } catch (cause) {
      return cause;
    }
  }
}
