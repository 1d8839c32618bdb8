import type {
  Hold,
  Ledger,
  MaybePromise,
  ReserveRequest,
  ReserveResult,
  SettleResult,
  Truth,
} from '../ledger/ledger.js';
import type { Nanos } from '../money.js';

/** What a budget says for the time in which its ledger cannot be asked. */
export type OnLedgerError = 'local' | 'refuse' | 'allow';

/** A hold of a budget that says what to do while the ledger cannot be asked. */
export interface PlannedHold extends Hold {
  readonly onLedgerError: OnLedgerError;
}

export interface PlannedReserve extends ReserveRequest {
  readonly holds: readonly PlannedHold[];
}

/** The ledger cannot be asked, and the budget at `index` of the holds does not let the call pass without it. */
export interface Unasked {
  readonly admitted: undefined;
  readonly index: number;
  readonly cause: unknown;
}

/** The ledger could not be asked, and all budgets that could have denied the call let it pass without it. */
export interface AdmittedHere extends Admitted {
  /** Why it could not be asked. */
  readonly unasked: { readonly cause: unknown };
}

type Admitted = Extract<ReserveResult, { admitted: true }>;

/** How a reserve came out. */
export type Verdict = ReserveResult | AdmittedHere | Unasked;

export interface Booked extends SettleResult {
  /** It is kept until the ledger can be asked: resolves with what that answers, `undefined` if it never could. */
  readonly later?: Promise<SettleResult | undefined>;
}

export type LedgerState = 'up' | 'down' | 'lost';

/** A ledger as a meter works with it: the memory ledger, or any other behind its guard. */
export interface MeterLedger extends Pick<Ledger, 'name' | 'shared' | 'durable' | 'extend' | 'release' | 'balances'> {
  reserve(request: PlannedReserve): MaybePromise<Verdict>;
  /** @param isGivenUp true once nobody waits for the answer any more */
  reserveOrWait(request: PlannedReserve, waitMs: number, isGivenUp?: () => boolean): MaybePromise<Verdict>;
  settle(id: string, amount: Nanos, truth: Truth): MaybePromise<Booked>;
  topUp: Ledger['topUp'];
  topUps?: Ledger['topUps'];
  /** Absent for a ledger that cannot be down. */
  readonly state?: LedgerState;
  /** Reservations and settlements that the ledger does not know of yet. */
  readonly kept?: number;
  start?(): MaybePromise<void>;
  /** Waits until the ledger knows of everything, at most so long. */
  flush?(timeoutMs: number): Promise<void>;
  /** Waits for what the ledger does last, at most so long. */
  close?(timeoutMs?: number): MaybePromise<void>;
}
