import { loadTemporal } from './temporal.js';
import { zonedWindow } from './zoned-window.js';

/** Windows that follow the calendar. Weeks begin on Monday. */
export type CalendarUnit = 'hour' | 'day' | 'week' | 'month';

/** From `start` up to, not including, `end`; milliseconds since the epoch. */
export interface Window {
  readonly start: number;
  readonly end: number;
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** The Monday before the epoch, which was a Thursday. */
const MONDAY = -3 * DAY;

const UTC: Readonly<Record<CalendarUnit, (now: number) => Window>> = {
  hour: (now) => tile(now, HOUR, 0),
  day: (now) => tile(now, DAY, 0),
  week: (now) => tile(now, 7 * DAY, MONDAY),
  month: (now) => {
    const date = new Date(now);
    return { start: monthStart(date, 0), end: monthStart(date, 1) };
  },
};

const present: Readonly<Record<CalendarUnit, Map<string, Window>>> = {
  hour: new Map(),
  day: new Map(),
  week: new Map(),
  month: new Map(),
};

/**
 * Loads what windows in time zones need. Call it at start when one is configured.
 *
 * @returns nothing where the runtime has `Temporal`, else a promise
 */
export const prepareTimeZones = (): void | Promise<void> => loadTemporal();

/**
 * The window that `now` falls in: a pure function, so nothing is ever reset by a job. The latest window of each unit and
 * zone is remembered, so asking again costs nanoseconds.
 *
 * In a zone a day is a calendar day (23 to 25 hours, and one that the zone skipped does not exist); an hour is one on
 * the zone's clock, and a change of the clock ends it.
 *
 * @param timeZone IANA name; any but `UTC` needs {@link prepareTimeZones} first
 * @param now milliseconds since the epoch
 */
export function windowAt(unit: CalendarUnit, timeZone: string, now: number): Window {
  const latest = present[unit].get(timeZone);
  if (latest !== undefined && latest.start <= now && now < latest.end) return latest;
  const window = timeZone === 'UTC' ? UTC[unit](now) : zonedWindow(unit, timeZone, now);
  present[unit].set(timeZone, window);
  return window;
}

function tile(now: number, length: number, origin: number): Window {
  const start = Math.floor((now - origin) / length) * length + origin;
  return { start, end: start + length };
}

const monthStart = (date: Date, ahead: number): number =>
  Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + ahead, 1);
