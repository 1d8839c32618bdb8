import type { Nanos } from '../money.js';

/**
 * The ledger is the only thing that changes balances. Its invariants:
 *
 * - **One atomic step.** `reserve`, `settle`, `release` and `extend` each act on all accounts that they name, or on none.
 * - **A denied reserve changes nothing.**
 * - **Admission.** A reservation is admitted when, for each hold that is enforced, `settled + reserved + amount <= limit + topped up`.
 * - **Idempotent by id.** A repeated `reserve` returns the first answer and holds once; a repeated `settle` or `release` changes nothing.
 * - **Ranks.** A settle applies its difference to what stands only if its (rank, at) is greater:
 *   expired < estimated < rated < reported. So replays are harmless, and a later truth corrects an earlier guess.
 * - **The accounts are fixed at reserve.** A settle goes to the accounts that the reservation names, also after their window has ended.
 * - **Expiry charges.** A reservation that nobody settles, releases or extends in time is settled at what it held, with rank `expired`.
 *
 * Every method may answer at once or with a promise: a ledger in memory keeps the call synchronous.
 * One that rejects with an `OptionsError`, a `RangeError` or a {@link LedgerQuestionError} cannot do what that question
 * asks for, and with a {@link LedgerLostError} has lost its balances; with any other error it counts as down, and is asked
 * the same again once it works. After a {@link LedgerQuestionError} it is told again of what books a call, for some minutes.
 * A ledger knows keys and amounts, and nothing of Eden AI, HTTP or scopes.
 */
export interface Ledger {
  /** For people: `memory`, `redis`, `sqlite`. */
  readonly name: string;
  /** True when other processes see the same balances. */
  readonly shared: boolean;
  /** True when the balances outlive this process. */
  readonly durable: boolean;
  /** How long a meter waits for an answer before the ledger counts as down, in milliseconds. Default 250. */
  readonly deadlineMs?: number;
  /** How many processes share the ledger, for as long as no {@link ReserveResult} has said it. Default 10. */
  readonly processes?: number;

  /**
   * Called when a meter is created, and again until it has succeeded: nothing else is asked before. Rejects with an
   * `OptionsError` when the ledger cannot work as it is set up (a read-only replica, a file that cannot be
   * written): then the app does not start. Rejects with anything else when it cannot be reached: then it counts as down.
   *
   * @param lost to be called with a {@link LedgerLostError} by a ledger that notices it while it is asked nothing
   */
  start?(lost?: (cause: unknown) => void): MaybePromise<void>;
  reserve(request: ReserveRequest): MaybePromise<ReserveResult>;
  /**
   * Like `reserve`, but waits up to `waitMs`, first come first served, while only calls in flight stand in the way.
   * `release` ends the wait of a call that was given up.
   */
  reserveOrWait?(request: ReserveRequest, waitMs: number): MaybePromise<ReserveResult>;
  settle(id: string, amount: Nanos, truth: Truth): MaybePromise<SettleResult>;
  /** Gives a reservation back unspent. True when it changed a balance. */
  release(id: string, at: number): MaybePromise<boolean>;
  /** Moves the expiry of reservations that are still open to `at + ttlMs`. */
  extend(ids: readonly string[], ttlMs: number, at: number): MaybePromise<void>;
  balances(accounts: readonly AccountRef[], at: number): MaybePromise<readonly Balance[]>;
  /** Raises what one account may spend in its window, by `note.amount`. Idempotent by `note.id`. */
  topUp(account: AccountRef, note: TopUp): MaybePromise<void>;
  /** The notes of an account's top-ups, the earliest first: as long as the account is kept, and at least the latest 100. */
  topUps?(account: AccountRef, at: number): MaybePromise<readonly TopUp[]>;
  /**
   * After a {@link LedgerLostError}: puts each account at the most that any process saw and whatever is spent meanwhile, and lets
   * the ledger work again. Idempotent, also over processes that remember different things. `reserved` is always 0: what a
   * process holds, it reserves again. It may take its time, and is not asked again before it has come to an end.
   *
   * @param finished what became of reservations that a ledger which went back to an earlier state may take for open: it is in
   * the balances that are given back, so they are closed without a charge. A ledger that does not know of them holds nothing when
   * another process, which may have made them, reserves them again
   */
  restore?(
    remembered: readonly RememberedAccount[],
    at: number,
    finished?: readonly FinishedReservation[],
  ): MaybePromise<void>;
  /**
   * Stops the ledger's own timers. What the app brought (a Redis client) stays open.
   *
   * @param timeoutMs how long it may take, in milliseconds: what it was asked before and has not begun by then it rejects.
   * Default: as long as that takes
   */
  close?(timeoutMs?: number): MaybePromise<void>;
}

export type MaybePromise<T> = T | Promise<T>;

/** One budget × label value × window. */
export interface AccountRef {
  readonly key: string;
  /** When the window ends; absent for `request` and `total`. */
  readonly endsAt?: number;
  /** The scope that a `request` account belongs to: the account lives exactly as long as this object. */
  readonly owner?: object;
}

/** What a process last saw of an account. */
export interface RememberedAccount {
  readonly account: AccountRef;
  readonly balance: Balance;
}

/** What a process has told the ledger that a reservation came to; nothing, with the least rank, for one that it gave back. */
export interface FinishedReservation {
  readonly id: string;
  readonly amount: Nanos;
  readonly truth: Truth;
}

/** What one call wants to set aside on one account. */
export interface Hold {
  readonly account: AccountRef;
  readonly amount: Nanos;
  /** `Infinity` for none. */
  readonly limit: Nanos;
  /** False: the hold is booked, and never denied (observe mode, skipped budgets). */
  readonly enforce: boolean;
  /** Fractions of the limit to report once for each account, ascending. */
  readonly thresholds: readonly number[];
}

export interface ReserveRequest {
  readonly id: string;
  readonly at: number;
  readonly ttlMs: number;
  readonly holds: readonly Hold[];
  /** True: answer whether it would be admitted, and hold nothing. */
  readonly probe?: boolean;
}

/** A hold that did not fit. `spent`: not even without the calls in flight; `held`: it would fit once they settle. */
export interface Refusal {
  /** Index into `holds`. */
  readonly index: number;
  readonly reason: 'spent' | 'held';
  readonly balance: Balance;
}

export type ReserveResult =
  | {
      readonly admitted: true;
      /** The holds that are not enforced and would not have fitted. */
      readonly exceeded: readonly Refusal[];
      readonly crossed: readonly Crossing[];
      /** For each hold, the account's balance after it. Absent where the ledger cannot be lost (memory). */
      readonly balances?: readonly Balance[];
      /** How many live processes share the ledger, this one included. Absent where it is not shared. */
      readonly processes?: number;
    }
  | { readonly admitted: false; readonly refusal: Refusal; readonly crossed: readonly Crossing[] };

/** How sure an amount is. A greater one replaces a lesser one. */
export type Rank = 'expired' | 'estimated' | 'rated' | 'reported';

export interface Truth {
  readonly rank: Rank;
  readonly at: number;
}

export interface SettleResult {
  /** False: a replay, a lesser truth, or an id that is not known (any more). */
  readonly applied: boolean;
  readonly known: boolean;
  /** What had been settled before under this id, if anything. */
  readonly previous?: Nanos;
  /** For each hold: by how much this settle raised what is spent beyond the limit. Negative when a correction lowers it. */
  readonly overruns: readonly Nanos[];
  /** For each hold, the account's balance after it. Absent where the ledger cannot be lost (memory). */
  readonly balances?: readonly Balance[];
  readonly crossed: readonly Crossing[];
}

/** A threshold that was reached for the first time on an account. */
export interface Crossing {
  /** Index into the reservation's holds. */
  readonly index: number;
  readonly threshold: number;
  readonly settled: Nanos;
  readonly limit: Nanos;
}

export interface Balance {
  readonly settled: Nanos;
  readonly reserved: Nanos;
  readonly toppedUp: Nanos;
}

export interface TopUp {
  readonly id: string;
  readonly at: number;
  readonly amount: Nanos;
  readonly actor: string;
  readonly reason: string;
}
