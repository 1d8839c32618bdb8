import { createHash } from 'node:crypto';
import type { Clock } from '../clock.js';
import type { MaybePromise } from '../ledger/ledger.js';
import { limitToNanos, type Nanos } from '../money.js';
import type { ResolvedBudget } from './budget.js';
import type { ScopeView } from './scope-view.js';

/** A plan's limit could not be read, no earlier value is known, and the budget has no `fallbackUsd`. */
export class LimitUnavailable extends Error {
  override readonly name = 'LimitUnavailable';

  constructor(
    readonly budget: string,
    cause: unknown,
  ) {
    super(`The limit of budget "${budget}" could not be read`, { cause });
  }
}

/** What is known of one budget's limit for one set of labels. */
interface Entry {
  /** What the budget and the scope's values of its labels are: those with one account have one limit. */
  readonly account: string;
  until: number;
  /** A promise while the function is still at it: all who come meanwhile share it. */
  limit: MaybePromise<Nanos> | undefined;
  /** The last limit that was read, for when the function fails. */
  last: Nanos | undefined;
}

const TTL_MS = 60_000;
/** A limit that could not be read is asked for again after this. */
const RETRY_MS = 5_000;
/** All calls with these labels wait for one answer: a function that never gives it counts as failed. */
const DEADLINE_MS = 5_000;

const NO_SCOPE: ScopeView = { id: '', labels: {} };

/** The limits of budgets: numbers as they are, functions asked once a minute for each set of labels. */
export class PlanLimits {
  readonly #entries = new Map<string, Entry>();

  /** @param failed told each time that a function threw, or answered with no limit */
  constructor(
    private readonly clock: Clock,
    private readonly maxEntries: number,
    private readonly failed: (budget: string, cause: unknown) => void,
  ) {}

  /**
   * The limit in nano-USD, at once unless the budget's function answers with a promise. When the function fails, the
   * last limit that it gave stands in for it for 5 seconds, else `fallbackUsd`.
   *
   * @throws {LimitUnavailable} (or rejects with it) when nothing stands in for it
   */
  limitFor(budget: ResolvedBudget, scope: ScopeView = NO_SCOPE): MaybePromise<Nanos> {
    if (typeof budget.limit === 'number') return budget.limit;
    const key = keyOf(budget, scope);
    const known = this.#entries.get(key);
    if (known?.limit !== undefined && this.clock.now() < known.until) return known.limit;
    const until = Number.POSITIVE_INFINITY;
    const entry: Entry = { account: accountOf(budget, scope), until, limit: undefined, last: known?.last };
    this.#remember(key, entry);
    return this.#ask(budget, budget.limit, scope, entry);
  }

  /**
   * Has the next call ask again, of everybody who shares an account with this scope; also when an answer is on its way:
   * that may be of before the upgrade.
   */
  forget(scope: ScopeView, budgets: readonly ResolvedBudget[]): void {
    const accounts = new Set(budgets.map((budget) => accountOf(budget, scope)));
    for (const [key, { account, last }] of this.#entries) {
      if (accounts.has(account)) this.#entries.set(key, { account, until: 0, limit: undefined, last });
    }
  }

  #ask(
    budget: ResolvedBudget,
    limitUsd: (scope: ScopeView) => number | Promise<number>,
    scope: ScopeView,
    entry: Entry,
  ): MaybePromise<Nanos> {
    const fail = (cause: unknown) => this.#standIn(budget, entry, cause);
    try {
      const usd = limitUsd(scope);
      if (typeof usd !== 'object' || usd === null) return this.#read(usd, entry);
      entry.limit = this.#inTime(usd)
        .then((answer) => this.#read(answer, entry))
        .catch(fail);
      return entry.limit;
    } catch (cause) {
      return fail(cause);
    }
  }

  #read(usd: number, entry: Entry): Nanos {
    const nanos = typeof usd === 'number' && usd >= 0 ? limitToNanos(usd) : Number.NaN;
    if (Number.isNaN(nanos)) {
      throw new TypeError(`limitUsd() must answer with USD, from 0 to 9007199 or Infinity; it answered ${String(usd)}`);
    }
    entry.last = nanos;
    return this.#settle(entry, nanos, TTL_MS);
  }

  #standIn(budget: ResolvedBudget, entry: Entry, cause: unknown): Nanos {
    this.failed(budget.name, cause);
    const limit = entry.last ?? budget.fallback;
    if (limit !== undefined) return this.#settle(entry, limit, RETRY_MS);
    entry.limit = undefined;
    throw new LimitUnavailable(budget.name, cause);
  }

  #settle(entry: Entry, limit: Nanos, ms: number): Nanos {
    entry.limit = limit;
    entry.until = this.clock.now() + ms;
    return limit;
  }

  #inTime(answer: Promise<number>): Promise<number> {
    return new Promise((resolve, reject) => {
      const late = () => reject(new Error(`limitUsd() gave no answer within ${DEADLINE_MS} ms`));
      const timer = this.clock.after(DEADLINE_MS, late, { keepAlive: true });
      Promise.resolve(answer)
        .then(resolve, reject)
        .finally(() => timer.cancel());
    });
  }

  #remember(key: string, entry: Entry): void {
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    if (this.#entries.size > this.maxEntries) this.#entries.delete(this.#entries.keys().next().value as string);
  }
}

/** A label may be as long as a client makes it: what is remembered of it is not. No JSON looks like a hash. */
const bounded = (json: string): string =>
  json.length <= 512 ? json : createHash('sha256').update(json).digest('base64');

const accountOf = ({ name, by }: ResolvedBudget, { labels }: ScopeView): string =>
  bounded(JSON.stringify([name, by.map((label) => (Object.hasOwn(labels, label) ? labels[label] : null))]));

/** Labels in a fixed order, each key and value in quotes: no two sets share a key. */
function keyOf({ name }: ResolvedBudget, scope: ScopeView): string {
  const labels = Object.entries(scope.labels).sort(([a], [b]) => (a < b ? -1 : 1));
  return bounded(JSON.stringify([name, labels]));
}
