import type { Temporal as TemporalTypes } from 'temporal-polyfill';
import { getTemporal } from './temporal.js';
import type { CalendarUnit, Window } from './window.js';

const HOUR = 3_600_000;

type DateUnit = Exclude<CalendarUnit, 'hour'>;

/** The date that a unit begins with. */
const FIRST_DATE: Readonly<Record<DateUnit, (date: TemporalTypes.PlainDate) => TemporalTypes.PlainDate>> = {
  day: (date) => date,
  week: (date) => date.subtract({ days: date.dayOfWeek - 1 }),
  month: (date) => date.with({ day: 1 }),
};

const LENGTH: Readonly<Record<DateUnit, { days: number } | { months: number }>> = {
  day: { days: 1 },
  week: { days: 7 },
  month: { months: 1 },
};

/** The window of `now` in a time zone; milliseconds since the epoch. */
export function zonedWindow(unit: CalendarUnit, timeZone: string, now: number): Window {
  const local = getTemporal().Instant.fromEpochMilliseconds(now).toZonedDateTimeISO(timeZone);
  return unit === 'hour' ? hourOf(local, now) : datesOf(unit, local, now);
}

function datesOf(unit: DateUnit, local: TemporalTypes.ZonedDateTime, now: number): Window {
  const startOf = (date: TemporalTypes.PlainDate) => date.toZonedDateTime(local.timeZoneId).epochMilliseconds;
  let first = FIRST_DATE[unit](local.toPlainDate());
  let next = first.add(LENGTH[unit]);
  // St John's put the clock back at 00:01, to 23:01 of the day before: by then the new day had begun, and it goes on.
  while (startOf(next) <= now) {
    first = next;
    next = first.add(LENGTH[unit]);
  }
  return { start: startOf(first), end: startOf(next) };
}

/** An hour on the local clock, cut where the clock changes: the parts of two offsets are two windows. */
function hourOf(local: TemporalTypes.ZonedDateTime, now: number): Window {
  const into = (local.minute * 60 + local.second) * 1_000 + local.millisecond;
  const changed = local.add({ milliseconds: 1 }).getTimeZoneTransition('previous')?.epochMilliseconds;
  const changes = local.getTimeZoneTransition('next')?.epochMilliseconds;
  const start = now - into;
  return {
    start: Math.max(start, changed ?? start),
    end: Math.min(start + HOUR, changes ?? Number.POSITIVE_INFINITY),
  };
}
