import type { CallKind } from '../edenai/classify.js';

/** The part of a request that says where it goes. */
export interface HttpTarget {
  readonly origin: string;
  /** Path and query. */
  readonly target: string;
  /** The path below the base URL. */
  readonly path: string;
  readonly kind: CallKind;
}
