import { READ_ADVICE, type ReadFailure, readFailure, retryAfterMs } from '../edenai/read-failure.js';
import { EdenReadError, type EdenReadFields } from '../errors.js';
import type { Secret } from './secret.js';

/** What is read. */
export interface EdenRead {
  /** For the message. */
  readonly what: string;
  readonly url: string;
  readonly key: Secret;
  /** What each failure means for it, and what to do. */
  readonly advice: Readonly<Record<ReadFailure, string>>;
  /** A longer answer, in bytes as they are decoded, is not read on. */
  readonly mostBytes: number;
  /** Is told Eden AI's own time, in milliseconds since the epoch, with each answer that says it, also one that is refused. */
  readonly heard?: (serverTime: number) => void;
}

const TIMEOUT_MS = 15_000;

/** A report of a year has some hundred bytes for each day, feature and key. */
const MOST_BYTES = 4 * 1024 * 1024;

/** Where an error says when to try again. */
const ERROR_BYTES = 4_096;

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
   * An answer about the account, of at most 4 MiB.
   *
   * @param what what is read, for the message
   * @throws {EdenReadError} `ERR_COST_EDEN_READ`
   */
  async read(what: string, url: string, key: Secret, heard?: EdenRead['heard']): Promise<string> {
    const chunks: Uint8Array[] = [];
    const read = { what, url, key, advice: READ_ADVICE, mostBytes: MOST_BYTES, ...(heard && { heard }) };
    await this.readInto(read, (chunk) => chunks.push(chunk));
    return new TextDecoder().decode(Buffer.concat(chunks));
  }

  /**
   * @param take gets the answer's body as it comes
   * @throws {EdenReadError} `ERR_COST_EDEN_READ`
   */
  async readInto(read: EdenRead, take: (chunk: Buffer) => void): Promise<Response> {
    if (this.closed) throw failed(read, 'closed', {});
    try {
      const response = await this.fetch(read.url, {
        headers: { accept: 'application/json', authorization: `Bearer ${read.key.reveal()}` },
        redirect: 'manual',
        signal: AbortSignal.any([AbortSignal.timeout(TIMEOUT_MS), this.#closing.signal]),
      });
      const time = Date.parse(response.headers.get('date') ?? '');
      if (!Number.isNaN(time)) read.heard?.(time);
      const failure = readFailure(response.status, response.headers.get('content-type') ?? undefined);
      if (failure !== undefined) throw await this.#refused(read, failure, response);
      if (!(await pour(response, read.mostBytes, take))) throw failed(read, 'too-large', { answered: response.status });
      return response;
    } catch (cause) {
      throw cause instanceof EdenReadError ? cause : failed(read, this.closed ? 'closed' : 'failed', { cause });
    }
  }

  async #refused(read: EdenRead, failure: ReadFailure, response: Response): Promise<EdenReadError> {
    let body = '';
    const decoder = new TextDecoder();
    await pour(response, ERROR_BYTES, (chunk) => {
      body += decoder.decode(chunk, { stream: true });
    });
    const header = response.headers.get('retry-after') ?? undefined;
    const wait = failure === 'busy' ? retryAfterMs(header, body, this.now()) : undefined;
    return failed(read, failure, { answered: response.status, retryAfterMs: wait });
  }
}

const failed = ({ what, advice }: EdenRead, failure: ReadFailure, fields: Omit<EdenReadFields, 'failure'>) =>
  new EdenReadError(what, advice[failure], { failure, ...fields });

/** False when there is more than `mostBytes`: the connection is then given up. */
async function pour({ body }: Response, mostBytes: number, take: (chunk: Buffer) => void): Promise<boolean> {
  let bytes = 0;
  for await (const { buffer, byteOffset, byteLength } of (body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += byteLength;
    if (bytes > mostBytes) return false;
    take(Buffer.from(buffer, byteOffset, byteLength));
  }
  return true;
}

/** @throws {EdenReadError} `ERR_COST_EDEN_READ` for an answer that is in no known shape */
export function known<T>(what: string, value: T | undefined): T {
  if (value !== undefined) return value;
  throw new EdenReadError(what, READ_ADVICE.unreadable, { failure: 'unreadable' });
}
