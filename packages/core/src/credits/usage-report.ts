import type { Consumption } from '../edenai/consumption.js';
import type { Nanos } from '../money.js';
import type { DayLine } from './daily-totals.js';
import type { Days } from './usage-query.js';

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
  /**
   * All of our charges are known since then: since this meter was made or, once there were charges on more than 40 days, since
   * the first of the last 40. Earlier days have what Eden AI says alone.
   */
  readonly chargedSince: Date;
}

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
