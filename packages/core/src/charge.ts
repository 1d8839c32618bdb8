import type { Attempt } from './edenai/metadata.js';
import type { Nanos } from './money.js';

/** What a call does. `poll` reads a job or a video that an earlier call started. */
export type Operation =
  | 'chat'
  | 'responses'
  | 'messages'
  | 'embeddings'
  | 'images'
  | 'speech'
  | 'transcription'
  | 'moderation'
  | 'feature'
  | 'job'
  | 'poll'
  | 'video'
  | 'other';

/** Where an amount came from; `external`: billed by the provider under the account's own key (BYOK). */
export type Basis = 'reported' | 'rated' | 'estimated' | 'free' | 'external';

/** Tokens as the answer counts them. */
export interface Usage {
  readonly inputTokens?: number;
  readonly outputTokens?: number;
}

/** The record of one settled call: what Eden AI charged you. */
export interface Charge {
  readonly id: string;
  /** When it was settled, in milliseconds since the epoch. */
  readonly at: number;
  readonly durationMs: number;
  /** The answer's HTTP status; 0 when none arrived. */
  readonly status: number;
  /** Integer nano-USD. */
  readonly amount: Nanos;
  /** The cost as Eden AI wrote it. */
  readonly rawCost?: string;
  readonly basis: Basis;
  readonly operation: Operation;
  readonly model?: string;
  readonly provider?: string;
  /** Where it was answered, as `edenai_metadata` says (option `metadata`). */
  readonly region?: string;
  /** The providers that Eden AI tried, at most 8, as `edenai_metadata` says. */
  readonly attempts?: readonly Attempt[];
  /** Whether the account's own provider key paid, as `edenai_metadata` says. */
  readonly byok?: boolean;
  readonly usage?: Usage;
  readonly labels: Readonly<Record<string, string>>;
  /** Names of the budgets that it was booked on. */
  readonly budgets: readonly string[];
  /** True when it was settled after the incoming request had been answered. */
  readonly late: boolean;
  /** Nanos by which this charge took a budget beyond its limit (the largest of its budgets). */
  readonly overrun: Nanos;
  readonly jobId?: string;
  /** The id of the earlier charge for the same call that this one replaces; `amount` is then the difference. */
  readonly corrects?: string;
}
