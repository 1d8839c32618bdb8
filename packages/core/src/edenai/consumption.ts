import { costToNanos, type Nanos } from '../money.js';
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

type Table = Record<string, unknown>;

/**
 * Reads a report in either shape, `{"response": [...]}` of v2 or `{"usage": [...]}` of v3 (Eden AI wire notes, "The
 * account"), all keys together. What `total_cost` has beyond its providers is of an unknown one.
 *
 * @returns `undefined` for any other body
 */
export function readConsumption(body: string): Consumption[] | undefined {
  const report = parsed(body);
  const entries = isTable(report) ? (report.usage ?? report.response) : undefined;
  if (!Array.isArray(entries)) return undefined;
  return entries.flatMap((entry) => tablesIn(isTable(entry) ? entry.data : undefined).flatMap(readDay));
}

const readDay = ([day, features]: [string, Table]): Consumption[] =>
  tablesIn(features).flatMap(([feature, costs]) => {
    const providers = isTable(costs.cost_per_provider) ? costs.cost_per_provider : {};
    const named = Object.entries(providers).map(([provider, usd]) => ({
      ...{ day, feature, provider },
      nanos: nanosOf(usd),
    }));
    const rest = nanosOf(costs.total_cost) - named.reduce((sum, { nanos }) => sum + nanos, 0);
    return rest > 0 ? [...named, { day, feature, provider: UNKNOWN, nanos: rest }] : named;
  });

const nanosOf = (usd: unknown): Nanos => costToNanos(Number(usd ?? 0)) ?? 0;

const tablesIn = (value: unknown): [string, Table][] =>
  Object.entries(isTable(value) ? value : {}).filter((entry): entry is [string, Table] => isTable(entry[1]));

const isTable = (value: unknown): value is Table =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
