import type { Clock } from '@eden-cost/core';
import type { BookKeeper } from './books.js';
import type { Catalogue } from './catalogue.js';
import type { Credits } from './credits.js';
import type { Jobs } from './jobs.js';
import type { KeyRing } from './keys.js';
import type { Script } from './script.js';

/** Everything that one stand-in knows. */
export interface Site {
  readonly clock: Clock;
  readonly books: BookKeeper;
  readonly credits: Credits;
  readonly keys: KeyRing;
  readonly jobs: Jobs;
  readonly catalogue: Catalogue;
  readonly script: Script;
  /** The requests whose answers are in the response cache; `undefined`: there is none. */
  readonly cache: Set<string> | undefined;
  /** What stands before `/v3` and `/v2`. */
  readonly pathPrefix: string;
}
