import { type Nanos, parseUsd } from '../money.js';
import { UNKNOWN } from './feature.js';

/** `GET` it with an inference key; `end` is the last day. */
export const CONSUMPTION_PATH = '/v2/cost_management/';

/** Its successor: `GET` it with a management key; `end` is the day after the last one, at most 366 days on. */
export const USAGE_PATH = '/v3/manage/usage/';

/** What Eden AI says that a provider's share of a feature cost on a day. */
export interface Consumption {
  /** `YYYY-MM-DD`. */
  readonly day: string;
  /** `text__chat`. */
  readonly feature: string;
  readonly provider: string;
  readonly nanos: Nanos;
}

/**
 * Reads a report in either shape, `{"response": [...]}` of v2 or `{"usage": [...]}` of v3 (Eden AI wire notes, "The
 * account"), all keys together. What `total_cost` differs from its providers by is of an unknown one.
 *
 * @returns `undefined` for any other body, and for one with an amount or a day that is none: a total that is not known is not 0
 */
export function readConsumption(body: string): Consumption[] | undefined {
  const report = parsed(body);
  const entries = isTable(report) ? (report.usage ?? report.response) : undefined;
  if (!Array.isArray(entries)) return undefined;
  const lines = entries.flatMap((entry) => (isTable(entry) ? rows(entry.data, readDay) : UNREADABLE));
  return lines.includes(NOTHING) ? undefined : lines;
}

/** Stands for what could not be read. */
const NOTHING: Consumption = { day: '', feature: '', provider: '', nanos: 0 };
const UNREADABLE: readonly Consumption[] = [NOTHING];

const DAY = /^\d{4}-\d{2}-\d{2}/;

const readDay = (written: string, features: unknown): readonly Consumption[] => {
  const day = DAY.exec(written)?.[0];
  return day === undefined ? UNREADABLE : rows(features, (feature, costs) => readFeature({ day, feature }, costs));
};

function readFeature(of: { readonly day: string; readonly feature: string }, costs: unknown): readonly Consumption[] {
  if (!isTable(costs)) return UNREADABLE;
  const named = rows(costs.cost_per_provider, (provider, usd) => {
    const nanos = nanosOf(usd);
    return nanos === undefined ? UNREADABLE : [{ ...of, provider, nanos }];
  });
  const sum = named.reduce((total, { nanos }) => total + nanos, 0);
  const isSaid = costs.total_cost !== undefined && costs.total_cost !== null;
  const total = isSaid || named.length === 0 ? nanosOf(costs.total_cost) : sum;
  if (total === undefined) return UNREADABLE;
  const rest = total - sum;
  const isRounding = named.length > 0 && Math.abs(rest) < named.length;
  return rest === 0 || isRounding ? named : [...named, { ...of, provider: UNKNOWN, nanos: rest }];
}

/** A number, or the text of one. It is negative where a refund is more than was spent. */
function nanosOf(usd: unknown): Nanos | undefined {
  if (typeof usd !== 'number' && typeof usd !== 'string') return undefined;
  const [, minus, amount = ''] = /^\s*(-(?=[\d.]))?(.*)$/s.exec(String(usd)) ?? [];
  const nanos = parseUsd(amount);
  return minus === '-' && nanos !== undefined ? 0 - nanos : nanos;
}

type Row = (key: string, value: unknown) => readonly Consumption[];

/** The rows of a table, which may be missing or an empty list where there are none. */
function rows(table: unknown, read: Row): readonly Consumption[] {
  if (isTable(table)) return Object.entries(table).flatMap(([key, value]) => read(key, value));
  const isEmpty = table === undefined || table === null || (Array.isArray(table) && table.length === 0);
  return isEmpty ? [] : UNREADABLE;
}

const isTable = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
