import type { BookedCharge } from './books.js';
import { nanosToUsd } from './money.js';
import { Refusal } from './refusal.js';

const DAY_MS = 86_400_000;
const MAX_DAYS = 366;

const dateOf = (at: number): string => new Date(at).toISOString().slice(0, 10);

/** The first day of the bucket that a day falls in, by `step`: a day, a week from Monday, a month, a year. */
const BUCKETS: Record<string, (at: number) => string> = {
  1: dateOf,
  2: (at) => dateOf(at - ((new Date(at).getUTCDay() + 6) % 7) * DAY_MS),
  3: (at) => `${dateOf(at).slice(0, 7)}-01`,
  4: (at) => `${dateOf(at).slice(0, 4)}-01-01`,
};

interface Line {
  total_cost: number;
  details: number;
  cost_per_provider: Record<string, number>;
}

/** The charges of some days, as Eden AI's reports sum them. */
export interface ReportQuery {
  readonly query: URLSearchParams;
  readonly endIsExclusive: boolean;
  /** Only this key's. */
  readonly token?: string;
}

function dayOf(query: URLSearchParams, name: string): number {
  const text = query.get(name) ?? '';
  const at = Date.parse(`${text}T00:00:00Z`);
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text) || Number.isNaN(at))
    throw new Refusal(422, `${name} must be YYYY-MM-DD`, 'detail');
  return at;
}

function sumUp(charges: readonly BookedCharge[], bucket: (at: number) => string): Record<string, Record<string, Line>> {
  const nanos = (of: readonly BookedCharge[]) => nanosToUsd(of.reduce((sum, charge) => sum + charge.nanos, 0));
  const group = <T>(
    of: readonly BookedCharge[],
    by: (charge: BookedCharge) => string,
    write: (of: BookedCharge[]) => T,
  ) =>
    Object.fromEntries(
      [...new Set(of.map(by))].map((name): [string, T] => [name, write(of.filter((charge) => by(charge) === name))]),
    );
  const line = (of: BookedCharge[]): Line => ({
    total_cost: nanos(of),
    details: of.length,
    cost_per_provider: group(of.flatMap(sharesOf), ({ provider }) => provider, nanos),
  });
  return group(
    charges,
    ({ at }) => bucket(at),
    (of) => group(of, ({ feature }) => feature, line),
  );
}

/** A v2 call to several providers costs a part with each of them: as its answer says it. */
function sharesOf(charge: BookedCharge): BookedCharge[] {
  const providers = charge.provider.split(',');
  const share = Math.floor(charge.nanos / providers.length);
  const first = charge.nanos - share * (providers.length - 1);
  return providers.map((provider, index) => ({ ...charge, provider, nanos: index === 0 ? first : share }));
}

/** One entry for each key: `[{ token, data: { day: { subfeature: { total_cost, details, cost_per_provider } } } }]`. */
export function usageReport(
  charges: readonly BookedCharge[],
  { query, endIsExclusive, token }: ReportQuery,
): unknown[] {
  const begin = dayOf(query, 'begin');
  const end = dayOf(query, 'end') + (endIsExclusive ? 0 : DAY_MS);
  const bucket = BUCKETS[query.get('step') ?? '1'];
  if (!bucket) throw new Refusal(422, 'step must be 1, 2, 3 or 4', 'detail');
  if (end - begin > MAX_DAYS * DAY_MS) throw new Refusal(422, `At most ${MAX_DAYS} days`, 'detail');
  const tokenOf = ({ key }: BookedCharge) => key ?? 'base_token';
  const fits = (wanted: string | null | undefined, value: string) => !wanted || wanted === value;
  const chosen = charges.filter(
    (charge) =>
      charge.at >= begin &&
      charge.at < end &&
      fits(query.get('provider'), charge.provider) &&
      fits(query.get('subfeature'), charge.feature) &&
      fits(token ?? query.get('token'), tokenOf(charge)),
  );
  return [...new Set(chosen.map(tokenOf))].map((name) => ({
    token: name,
    data: sumUp(
      chosen.filter((charge) => tokenOf(charge) === name),
      bucket,
    ),
  }));
}
