import type { Encoding } from './encode.js';
import type { ErrorShape } from './error-bodies.js';

/** How a cost is written. `{ raw }` puts that text in the cost's place: `{ raw: 'NaN' }`, `{ raw: '"abc"' }`, `{ raw: '-1' }`. */
export type CostForm = 'number' | 'string' | 'exponent' | 'missing' | { readonly raw: string };

/** What an answer costs, and how it says so. */
interface CostOptions {
  /** Default: its tokens (images, seconds, characters) times the prices of `GET /v3/models`. */
  costUsd?: number | string;
  /** Default `'number'`; `'string'` on Universal AI, as Eden AI does. */
  costAs?: CostForm;
  /** Where the top-level key stands in a JSON body. Default `'end'`. */
  costAt?: 'start' | 'end';
  /** Answered from Eden AI's response cache: free. */
  cached?: boolean;
  /** Paid with the account's own provider key: the cost is an estimate and nothing is billed. */
  byok?: boolean;
  /** Whether Eden AI bills the call. Default: yes for an answer below 400, also when it is cut or aborted after its headers. */
  billed?: boolean;
  /** What is billed, where that is not what the answer says. */
  billedUsd?: number | string;
  /** Default: a quarter of the request body's bytes, at least 1. */
  inputTokens?: number;
  /** Default: a quarter of the text's characters. Never more than the request's `max_tokens`. */
  outputTokens?: number;
  /** Input tokens that were read from the provider's prompt cache. */
  cachedTokens?: number;
  /** Input tokens that were written to the provider's prompt cache. */
  cacheWriteTokens?: number;
}

/** What an answer says. */
interface ContentOptions {
  text?: string;
  /** The spelling of the model that the answer echoes. */
  model?: string;
  provider?: string;
  /** Further top-level keys of a JSON answer. */
  extra?: Record<string, unknown>;
  /** Makes the content at least this large: text, floats, base64 or audio. */
  bodyBytes?: number;
  /** Replaces the whole body: a string is sent as it is, anything else as JSON. What is billed does not change. */
  body?: unknown;
  /** Adds `edenai_metadata`, also when the request did not ask for it; `false` never does. */
  metadata?: boolean;
  /** What became of a Universal AI call, a job or a video, or of every provider of a v2 call. */
  outcome?: 'success' | 'fail';
  /** Writes `success` as the v2 API's published enum does: `sucess`. */
  misspellSuccess?: boolean;
}

/** Jobs and videos. */
interface JobOptions {
  /** Polls that still answer `processing`. Default 1. */
  pollsNeeded?: number;
  /** The cost shown when the job is started. Default: the settled one; 0 for a video. */
  provisionalCostUsd?: number | string;
  /** The cost once it has ended. Default: `costUsd`. */
  settledCostUsd?: number | string;
  /** `GET /videos/{id}/content` redirects to a signed link. */
  redirectContent?: boolean;
}

/** Errors, before and after the headers. */
interface ErrorOptions {
  /** From 400 on: an error in the shape of the endpoint's family. 3xx: an empty body. */
  status?: number;
  errorShape?: ErrorShape;
  errorMessage?: string;
  /** The `Retry-After` header. */
  retryAfter?: number | string;
  /** `retry_after` in the body; may be a fraction. */
  retryAfterInBody?: number;
  /** Answers a request that has `stream_options` with this status. */
  rejectStreamOptions?: 400 | 422;
  /** Ends the connection: with a reset before anything is sent, or just after the headers. */
  reset?: 'before-headers' | 'after-headers';
}

/** How the bytes travel. */
interface TransportOptions {
  /** Milliseconds before the headers. */
  latencyMs?: number;
  /** Answers when this promise has settled (not in the `x-stand-in` header). */
  hold?: PromiseLike<unknown>;
  headers?: Record<string, string>;
  /**
   * `'auto'` (default): the best that `accept-encoding` allows, for JSON and text; event streams and media stay as they are.
   * Any other is sent whatever the request says.
   */
  encoding?: Encoding | 'auto';
  /** A whole answer without `content-length`. */
  chunked?: boolean;
  /** Keeps only the first bytes of the encoded body, in an HTTP message that is complete. */
  truncateTo?: number;
  /** Destroys the socket after this many bytes of the (encoded) body. */
  cutAfterBytes?: number;
  /** Bytes in each piece that is written; 1 is one byte at a time. */
  pieceBytes?: number;
  /** Byte positions of the (encoded) body at which a new piece begins. */
  splitAt?: number | readonly number[];
  /** JSON that does not parse; in a stream, the last event's. */
  malformed?: boolean;
}

/** Event streams. */
interface StreamOptions {
  /** Events with content. Default 4. */
  chunks?: number;
  /** Milliseconds between events. */
  chunkDelayMs?: number;
  /** `hold` waits after this many events instead of before the headers. */
  holdAfterEvents?: number;
  /** Destroys the socket after this many events. */
  cutAfterEvents?: number;
  /** After this many events comes `data: {"error":{...}}`, and the stream ends. */
  errorFrameAfterEvents?: number;
  lineEnd?: 'lf' | 'crlf';
  /** All events in one piece. */
  joinEvents?: boolean;
  /** `"usage": null` on the other chunks of a chat stream. */
  usageNull?: boolean;
  /** Which chunk of a chat stream has the usage. Default `'own'`: one after the `finish_reason`. */
  usageOn?: 'own' | 'finish' | 'every';
  /** The cost on the chunks before the last, with `usageOn: 'every'`. Default: none. */
  costSoFarUsd?: number | string;
  /** The usage chunk's `choices`. Default `'empty-delta'`, as Eden AI; `'none'` as OpenAI. */
  usageChoices?: 'empty-delta' | 'none';
  /** Further keys of the usage chunk. */
  usageExtra?: Record<string, unknown>;
  /** Leaves `stream_options` unanswered, as some gateways do. */
  ignoreStreamOptions?: boolean;
  /** Ends a chat stream without `[DONE]`. */
  withoutDone?: boolean;
}

/** Everything about one answer that a test can choose: for the server, by a rule, or in the request's `x-stand-in` header. */
export interface ReplyOptions
  extends CostOptions,
    ContentOptions,
    JobOptions,
    ErrorOptions,
    TransportOptions,
    StreamOptions {}
