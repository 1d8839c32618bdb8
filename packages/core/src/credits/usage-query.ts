import { isDate } from 'node:util/types';
import { OptionsError } from '../errors.js';
import { rejectUnknownKeys } from '../options/unknown-keys.js';
import { dayOf } from './daily-totals.js';

/** Which days a report is about. */
export interface UsageQuery {
  /** The first day (UTC): a date, or `YYYY-MM-DD`. */
  readonly from: Date | string;
  /** The last day, included. */
  readonly to: Date | string;
  /** Only this key of Eden AI's report, by the name that it has there. Default: all keys of the account. */
  readonly token?: string;
}

export interface Days {
  readonly from: string;
  readonly to: string;
}

const MAX_DAYS = 365;
const DAY_MS = 86_400_000;

/**
 * Checks a query.
 *
 * @throws {OptionsError} `ERR_COST_OPTIONS`
 */
export function daysOf(query: UsageQuery): Days {
  if (typeof query !== 'object' || query === null) {
    throw new OptionsError('usage() takes the days: usage({ from: "2026-11-01", to: "2026-11-25" })');
  }
  rejectUnknownKeys(query, ['from', 'to', 'token'], 'usage()');
  checkToken(query.token);
  const days = { from: dayIn('from', query.from), to: dayIn('to', query.to) };
  if (days.from > days.to) {
    throw new OptionsError(`usage({ from, to }): from (${days.from}) is after to (${days.to})`);
  }
  const count = Math.round((Date.parse(days.to) - Date.parse(days.from)) / DAY_MS) + 1;
  if (count <= MAX_DAYS) return days;
  throw new OptionsError(`usage({ from, to }) takes at most ${MAX_DAYS} days, and not ${count}`);
}

/** Of a day that no month has, `Date` makes one of the next month. */
function dayIn(name: string, value: unknown): string {
  const isDay = typeof value === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(value);
  const at = isDate(value) ? value.getTime() : isDay ? Date.parse(value) : Number.NaN;
  const day = Number.isFinite(at) ? dayOf(at) : '';
  if (day.length === 10 && /^\d/.test(day) && (!isDay || day === value)) return day;
  throw new OptionsError(`usage({ ${name} }) must be a valid Date, or a day like "2026-11-25"`);
}

/** It stands in the address of the read, where a key must not be. */
function checkToken(token: unknown): void {
  if (token === undefined) return;
  if (typeof token === 'string' && token !== '' && !/^(?:sk|mgmt)-/.test(token)) return;
  throw new OptionsError(
    "usage({ token }) must be the name that a key has in Eden AI's report, and not the key itself",
  );
}
