import { formatUsd } from '@eden-cost/core';

type Fields = Readonly<Record<string, unknown>>;

/** As much of a cost line as its text says. */
interface CostLine {
  readonly req?: { readonly method?: string; readonly route?: string };
  readonly res?: { readonly statusCode?: number };
  readonly edenai?: Fields & { readonly costNanos?: number; readonly labels?: Fields };
}

const PLAIN = /^[\w.:/@-]+$/;

/** On one line, whatever is in it: a label may hold a line break, or what a terminal takes for a command. */
function textOf(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return PLAIN.test(text) ? text : JSON.stringify(value).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '?');
}

const pairsOf = (fields: Fields): string[] =>
  Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}=${textOf(value)}`);

const COUNTS = [
  ['calls', 'call', 'calls'],
  ['failedCalls', 'failed', 'failed'],
  ['deniedCalls', 'denied', 'denied'],
  ['unpricedCalls', 'unpriced', 'unpriced'],
] as const;

const FLAGS = ['aborted', 'late'] as const;

function costText(msg: string, { req, res, edenai = {} }: CostLine, costNanos: number): string {
  const counts = COUNTS.flatMap(([key, one, many]) => {
    const count = Number(edenai[key] ?? 0);
    return count === 0 ? [] : [`${count} ${count === 1 ? one : many}`];
  });
  const flags = FLAGS.filter((flag) => edenai[flag] === true);
  const what = [msg, req?.method, req?.route, res?.statusCode, formatUsd(costNanos), 'USD'];
  const details = [...counts, ...flags, ...pairsOf(edenai.labels ?? {})].join(', ');
  return `${what.filter((part) => part !== undefined).join(' ')}${details && ` (${details})`}`;
}

/** A line of the meter's as one text that a person can read: `edenai request cost POST /ask 201 0.0012 USD (1 call)`. */
export function lineText(msg: string, line: object): string {
  const { edenai = {} } = line as CostLine;
  if (edenai.costNanos !== undefined) return costText(msg, line, edenai.costNanos);
  const pairs = pairsOf(edenai).join(', ');
  return `${msg}${pairs && ` (${pairs})`}`;
}
