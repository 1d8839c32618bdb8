import type { Operation } from './charge.js';

/** What a budget's `match` is told about one outbound call. */
export interface CallInfo {
  readonly operation: Operation;
  /** Upper case. */
  readonly method: string;
  readonly url: URL;
  /** As the request names it; absent where the body does not tell. */
  readonly model?: string;
  /** True when the answer was asked for as a stream of events. */
  readonly stream: boolean;
}
