import { nanosToUsd } from '../money.js';
import type { Writable } from '../writable.js';
import type { Scope } from './scope.js';
import type { Tally } from './tally.js';

/** What a cost line says of a scope's calls, under the key `edenai`. */
export interface CostFields {
  readonly costUsd: number;
  readonly costNanos: number;
  readonly calls: number;
  readonly failedCalls: number;
  readonly deniedCalls: number;
  readonly unpricedCalls: number;
  readonly models: readonly string[];
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** The least sure basis among the charges; absent when nothing was charged. */
  readonly basis?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly aborted: boolean;
  readonly late: boolean;
}

export const COST_MESSAGE = 'edenai request cost';

export interface LineState {
  readonly aborted: boolean;
  readonly late: boolean;
}

/** @param labels true: all; a list: only these; false: none */
export function costFields(
  scope: Scope,
  tally: Tally,
  labels: boolean | readonly string[],
  { aborted, late }: LineState,
): CostFields {
  const fields: Writable<Omit<CostFields, keyof LineState>> = {
    costUsd: nanosToUsd(tally.nanos),
    costNanos: tally.nanos,
    calls: tally.calls,
    failedCalls: tally.failedCalls,
    deniedCalls: tally.deniedCalls,
    unpricedCalls: tally.unpricedCalls,
    models: tally.models,
    inputTokens: tally.inputTokens,
    outputTokens: tally.outputTokens,
  };
  if (tally.basis !== undefined) fields.basis = tally.basis;
  if (labels !== false) fields.labels = loggedLabels(scope, labels);
  return Object.assign(fields, { aborted, late });
}

/** Parts of a scope may have different ones. */
function loggedLabels(scope: Scope, wanted: true | readonly string[]): Readonly<Record<string, string>> {
  if (scope.parts.length === 0 && wanted === true) return scope.labels;
  const values = new Map<string, Set<string>>();
  for (const { labels } of [scope, ...scope.parts]) {
    for (const [key, value] of Object.entries(labels)) values.set(key, (values.get(key) ?? new Set()).add(value));
  }
  const entries = [...values].map(([key, all]) => [key, [...all].join(', ')] as const);
  return Object.fromEntries(wanted === true ? entries : entries.filter(([key]) => wanted.includes(key)));
}
