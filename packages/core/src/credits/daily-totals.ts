import type { Nanos } from '../money.js';

/** Days with charges that are remembered: a report is about the last month. */
const DAYS = 40;

/** Distinct features and providers in a day; answers name them. */
const LINES = 1_000;

const OVERFLOW = JSON.stringify(['other', 'other']);

/** What a feature and a provider came to on a day. */
export interface DayLine {
  readonly day: string;
  readonly feature: string;
  readonly provider: string;
  readonly nanos: Nanos;
}

const DAY_MS = 86_400_000;

/** The UTC day of a moment, as Eden AI writes it: `2026-11-25`. */
export const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10);

export const dayAfter = (day: string): string => dayOf(Date.parse(day) + DAY_MS);

/** Our own charges, summed by day, feature and provider: one number for each, however many calls there were. */
export class DailyTotals {
  readonly #days = new Map<string, Map<string, Nanos>>();
  #forgotten: string | undefined;

  /** The first moment of the days that are all there; `undefined` while none was forgotten. */
  get completeSince(): number | undefined {
    return this.#forgotten === undefined ? undefined : Date.parse(dayAfter(this.#forgotten));
  }

  add(at: number, feature: string, provider: string, nanos: Nanos): void {
    const day = dayOf(at);
    const lines = this.#days.get(day) ?? new Map<string, Nanos>();
    this.#days.set(day, lines);
    const named = JSON.stringify([feature, provider]);
    const line = lines.has(named) || lines.size < LINES ? named : OVERFLOW;
    lines.set(line, (lines.get(line) ?? 0) + nanos);
    if (this.#days.size > DAYS) this.#forget([...this.#days.keys()].sort()[0] as string);
  }

  #forget(day: string): void {
    this.#days.delete(day);
    if (this.#forgotten === undefined || day > this.#forgotten) this.#forgotten = day;
  }

  /** @param from, @param to days, both included */
  between(from: string, to: string): DayLine[] {
    return [...this.#days]
      .filter(([day]) => day >= from && day <= to)
      .flatMap(([day, lines]) =>
        [...lines].map(([line, nanos]) => {
          const [feature, provider] = JSON.parse(line) as [string, string];
          return { day, feature, provider, nanos };
        }),
      );
  }
}
