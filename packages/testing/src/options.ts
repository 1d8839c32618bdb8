import type { Clock } from '@eden-cost/core';
import type { RequestRecord } from './books.js';
import type { AutoRefill } from './credits.js';
import type { StandInKey } from './keys.js';
import type { StandInModel } from './models.js';
import { usdToNanos } from './money.js';
import { misuseOf } from './reply-option-names.js';
import type { ReplyOptions } from './reply-options.js';

/** How the stand-in starts. Reply options given here hold for every answer that nothing else decides. */
export interface StandInOptions extends ReplyOptions {
  /** Default 0: any free port. */
  port?: number;
  /** Default `127.0.0.1`. */
  host?: string;
  /** What stands before `/v3` and `/v2`, as behind a proxy: `/eden`. */
  pathPrefix?: string;
  /** The account's credits. Default: they never run out. */
  balanceUsd?: number;
  autoRefill?: AutoRefill;
  /** The keys that are accepted. Default: any, and none is asked for. */
  keys?: readonly (string | StandInKey)[];
  /** Further models, or other prices for those it has. */
  models?: readonly StandInModel[];
  /** A response cache: an identical request is answered for free. Default false. */
  cache?: boolean;
  /** How many requests `requests()` remembers. Default 1000. */
  logSize?: number;
  /** Time of the books, and of every delay. Default: the system's. */
  clock?: Clock;
  /** Called when an exchange is over. */
  onAnswered?: (record: RequestRecord) => void;
}

const OWN: Record<Exclude<keyof StandInOptions, keyof ReplyOptions>, true> = {
  port: true,
  host: true,
  pathPrefix: true,
  balanceUsd: true,
  autoRefill: true,
  keys: true,
  models: true,
  cache: true,
  logSize: true,
  clock: true,
  onAnswered: true,
};

/** Throws for an option that does not exist or makes no sense. */
export function checkOptions(options: StandInOptions): void {
  const misuse = misuseOf(options, Object.keys(OWN));
  if (misuse) throw new TypeError(`startEdenStandIn(): ${misuse}`);
  const { autoRefill } = options;
  if (autoRefill) {
    usdToNanos(autoRefill.thresholdUsd, 'autoRefill.thresholdUsd');
    usdToNanos(autoRefill.amountUsd, 'autoRefill.amountUsd');
  }
}
