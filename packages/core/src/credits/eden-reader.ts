import { READ_ADVICE, readFailure, retryAfterMs } from '../edenai/read-failure.js';
import { EdenReadError } from '../errors.js';
import type { Secret } from './secret.js';

/** What Eden AI answered to a read. */
export interface ReadAnswer {
  readonly body: string;
  /** Eden AI's own time, in milliseconds since the epoch, where it says it. */
  readonly serverTime: number | undefined;
}

const TIMEOUT_MS = 15_000;

/** The meter's own reads at Eden AI: free, unmetered, one attempt each. */
export class EdenReader {
  readonly #closing = new AbortController();

  /** @param fetch one that nothing is metered on */
  constructor(
    private readonly fetch: typeof globalThis.fetch,
    private readonly now: () => number,
  ) {}

  get closed(): boolean {
    return this.#closing.signal.aborted;
  }

  stop(): void {
    this.#closing.abort();
  }

  /**
   * @param what what is read, for the message
   * @throws {EdenReadError} `ERR_COST_EDEN_READ`
   */
  async read(what: string, url: string, key: Secret): Promise<ReadAnswer> {
    let response: Response;
    let body: string;
    try {
      response = await this.fetch(url, {
        headers: { accept: 'application/json', authorization: `Bearer ${key.reveal()}` },
        redirect: 'manual',
        signal: AbortSignal.any([AbortSignal.timeout(TIMEOUT_MS), this.#closing.signal]),
      });
      body = await response.text();
    } catch (cause) {
      throw new EdenReadError(what, READ_ADVICE.failed, { failure: 'failed', cause });
    }
    const { status, headers } = response;
    const failure = readFailure(status, headers.get('content-type') ?? undefined);
    if (failure === undefined) return { body, serverTime: timeOf(headers.get('date')) };
    const wait =
      failure === 'busy' ? retryAfterMs(headers.get('retry-after') ?? undefined, body, this.now()) : undefined;
    throw new EdenReadError(what, READ_ADVICE[failure], { failure, answered: status, retryAfterMs: wait });
  }
}

/** @throws {EdenReadError} `ERR_COST_EDEN_READ` for an answer that is in no known shape */
export function known<T>(what: string, value: T | undefined): T {
  if (value !== undefined) return value;
  throw new EdenReadError(what, READ_ADVICE.unreadable, { failure: 'unreadable' });
}

function timeOf(date: string | null): number | undefined {
  const time = Date.parse(date ?? '');
  return Number.isNaN(time) ? undefined : time;
}
