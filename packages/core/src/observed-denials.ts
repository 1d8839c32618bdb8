import type { ResolvedBudget } from './budget/budget.js';
import type { Charge } from './charge.js';
import type { Refusal } from './ledger/ledger.js';
import type { Nanos } from './money.js';
import type { Scope } from './scope/scope.js';

/** What observe mode (or a route that skips the budget) let go, of one budget and one set of its labels. */
export interface ObservedDenial {
  readonly budget: string;
  /** The values of the labels that the budget counts by; a missing one is left out. */
  readonly labels: Readonly<Record<string, string>>;
  /** Calls that would have been denied at once. */
  readonly spent: number;
  /** Calls that would have waited for calls in flight, and may have been admitted then. */
  readonly held: number;
  /** Milliseconds since the epoch. */
  readonly firstAt: number;
  readonly lastAt: number;
  /** What these calls have cost, as far as that is known by now; integer nano-USD. */
  readonly costNanos: Nanos;
}

type Row = { -readonly [K in keyof ObservedDenial]: ObservedDenial[K] };

const ROWS_KEPT = 10_000;
const CALLS_KEPT = 10_000;

/** Counts them by budget and labels. The latest 10,000 of each are kept, and as many calls whose cost is still to come. */
export class ObservedDenials {
  readonly #rows = new Map<string, Row>();
  /** By the call's id: a later charge may correct an earlier one. */
  readonly #calls = new Map<string, Row[]>();

  /** The dearest first. */
  get all(): ObservedDenial[] {
    return [...this.#rows.values()].map((row) => ({ ...row })).sort((a, b) => b.costNanos - a.costNanos);
  }

  add(call: { readonly id: string; readonly scope: Scope | undefined }, denied: Observed): void {
    const { budget, reason, at } = denied;
    const labels = labelsOf(budget, call.scope);
    const key = JSON.stringify([budget.name, labels]);
    const counts = { spent: 0, held: 0, firstAt: at, lastAt: at, costNanos: 0 };
    const row: Row = this.#rows.get(key) ?? { budget: budget.name, labels, ...counts };
    row[reason] += 1;
    row.lastAt = at;
    keepLatest(this.#rows, key, row, ROWS_KEPT);
    keepLatest(this.#calls, call.id, [...(this.#calls.get(call.id) ?? []), row], CALLS_KEPT);
  }

  charged({ id, corrects, amount }: Pick<Charge, 'id' | 'corrects' | 'amount'>): void {
    for (const row of this.#calls.get(corrects ?? id) ?? []) row.costNanos += amount;
  }
}

interface Observed {
  readonly budget: Pick<ResolvedBudget, 'name' | 'by'>;
  readonly reason: Refusal['reason'];
  readonly at: number;
}

function labelsOf({ by }: Observed['budget'], scope: Scope | undefined): Record<string, string> {
  return Object.fromEntries(Object.entries(scope?.labels ?? {}).filter(([label]) => by.includes(label)));
}

function keepLatest<T>(map: Map<string, T>, key: string, value: T, most: number): void {
  map.delete(key);
  map.set(key, value);
  if (map.size > most) map.delete(map.keys().next().value as string);
}
