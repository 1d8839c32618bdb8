import type { Consumption } from '../edenai/consumption.js';
import { OptionsError } from '../errors.js';
import type { Nanos } from '../money.js';
import { type DayLine, dayOf } from './daily-totals.js';

/** Which days a report is about. */
export interface UsageQuery {
  /** The first day (UTC): a date, or `YYYY-MM-DD`. */
  readonly from: Date | string;
  /** The last day, included. */
  readonly to: Date | string;
  /** Only this key of Eden AI's report, by the name that it has there. Default: all keys of the account. */
  readonly token?: string;
}

/** What one feature of one provider cost on a day. Amounts are integer nano-USD. */
export interface UsageLine {
  readonly day: string;
  /** As Eden AI names it: `text__chat`. */
  readonly feature: string;
  readonly provider: string;
  /** What Eden AI's consumption report says. */
  readonly reportedNanos: Nanos;
  /** What this process was charged, as the meter booked it. */
  readonly chargedNanos: Nanos;
  /** `reportedNanos` - `chargedNanos`. */
  readonly differenceNanos: Nanos;
}

/** Eden AI's consumption and our own charges, side by side. */
export interface UsageReport {
  readonly from: string;
  readonly to: string;
  /** By day, feature and provider; those that are 0 on both sides are left out. */
  readonly lines: readonly UsageLine[];
  readonly reportedNanos: Nanos;
  readonly chargedNanos: Nanos;
  readonly differenceNanos: Nanos;
  /** Charges are known since then: since this meter was made. */
  readonly chargedSince: Date;
}

export interface Days {
  readonly from: string;
  readonly to: string;
}

const MAX_DAYS = 366;
const DAY_MS = 86_400_000;

/** @throws {OptionsError} `ERR_COST_OPTIONS` */
export function daysOf({ from, to }: UsageQuery): Days {
  const days = { from: dayIn('from', from), to: dayIn('to', to) };
  const count = Math.round((Date.parse(days.to) - Date.parse(days.from)) / DAY_MS) + 1;
  if (count >= 1 && count < MAX_DAYS) return days;
  throw new OptionsError(`usage({ from, to }) takes from 1 to ${MAX_DAYS - 1} days, and not ${count}`);
}

function dayIn(name: string, value: unknown): string {
  const at =
    value instanceof Date
      ? value.getTime()
      : Date.parse(/^\d{4}-\d{2}-\d{2}$/.test(String(value)) ? String(value) : '');
  if (Number.isFinite(at)) return dayOf(at);
  throw new OptionsError(`usage({ ${name} }) must be a Date, or a day like "2026-11-25"`);
}

export const dayAfter = (day: string): string => dayOf(Date.parse(day) + DAY_MS);

/** Sets the two sides beside each other. */
export function compareUsage(
  days: Days,
  reported: readonly Consumption[],
  charged: readonly DayLine[],
  chargedSince: Date,
): UsageReport {
  const lines = new Map<string, { reported: Nanos; charged: Nanos }>();
  const lineOf = ({ day, feature, provider }: Omit<DayLine, 'nanos'>) => {
    const key = JSON.stringify([day, feature, provider]);
    const line = lines.get(key) ?? { reported: 0, charged: 0 };
    lines.set(key, line);
    return line;
  };
  for (const one of reported) lineOf(one).reported += one.nanos;
  for (const one of charged) lineOf(one).charged += one.nanos;
  const compared = [...lines]
    .filter(([, line]) => line.reported !== 0 || line.charged !== 0)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, line]): UsageLine => {
      const [day, feature, provider] = JSON.parse(key) as [string, string, string];
      return {
        ...{ day, feature, provider, reportedNanos: line.reported, chargedNanos: line.charged },
        differenceNanos: line.reported - line.charged,
      };
    });
  const sum = (field: 'reportedNanos' | 'chargedNanos' | 'differenceNanos') =>
    compared.reduce((total, line) => total + line[field], 0);
  return {
    ...days,
    lines: compared,
    reportedNanos: sum('reportedNanos'),
    chargedNanos: sum('chargedNanos'),
    differenceNanos: sum('differenceNanos'),
    chargedSince,
  };
}
