import { formatUsd, type LogLine } from '@eden-cost/core';
import type { EdenStandIn } from '@eden-cost/testing';
import { count, isCostLine, type Narrator } from './narrator.js';
import type { Log } from './served-app.js';
import type { Upstream } from './upstream.js';

/** What the acts of the demo work with. */
export interface Stage {
  readonly tell: Narrator;
  readonly upstream: Upstream;
  readonly log: Log;
}

export const QUESTION = 'Why is the sky blue? Answer in one short sentence.';

export const costOf = (lines: readonly LogLine[]) => lines.find(isCostLine)?.edenai;

export const callsAt = (standIn: EdenStandIn | undefined) => standIn?.books().requestsByPath['/v3/chat/completions'];

export function tellLog({ tell }: Stage, lines: readonly LogLine[]): void {
  for (const line of lines) tell.log(line);
}

/** The running total of each tenant, from the app's log alone. */
export function tellTotals({ tell, log }: Stage): void {
  const totals = new Map<string, { nanos: number; calls: number }>();
  for (const { edenai } of log.all.filter(isCostLine)) {
    const tenant = edenai.labels?.tenant ?? '(none)';
    const { nanos, calls } = totals.get(tenant) ?? { nanos: 0, calls: 0 };
    totals.set(tenant, { nanos: nanos + edenai.costNanos, calls: calls + edenai.calls - edenai.failedCalls });
  }
  const texts = [...totals].map(
    ([name, { nanos, calls }]) => `${name} ${formatUsd(nanos)} USD in ${count(calls, 'call')}`,
  );
  tell.say(`so far: ${texts.join(' · ')}`);
}
