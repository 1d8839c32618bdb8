import type { Charge, Operation } from './charge.js';
import type { BalanceEvent } from './credits/balance-states.js';
import type { Denial } from './denial.js';
import type { Nanos } from './money.js';

/** What a meter tells. Amounts are integer nano-USD. */
export interface MeterEvents {
  /** A call was settled. */
  charge: Charge;
  /** A call was denied; `enforced: false` when observe mode let it go. */
  denied: Denial & { readonly enforced: boolean };
  /** A settled call took a budget beyond its limit by `amount`. Negative when a correction took that back. */
  overrun: { readonly budget: string; readonly amount: Nanos; readonly chargeId: string };
  /** An Eden AI call that the meter cannot see, once for each place it is made from. */
  unmetered: { readonly origin: string; readonly path: string; readonly reason: string; readonly fix: string };
  /** A share of a limit was reached for the first time in its window. */
  threshold: {
    readonly budget: string;
    readonly threshold: number;
    readonly settledNanos: Nanos;
    readonly limitNanos: Nanos;
  };
  /** Eden AI answered 402: its credits, or this key's own budget, are used up. */
  credits: { readonly denialId: string; readonly at: number };
  /**
   * The ledger cannot be asked (`down`), has lost its balances (`lost`), or works again and has been told of what happened
   * meanwhile (`up`): of `replayed` reservations and settlements.
   */
  ledger: { readonly state: 'down' | 'lost' | 'up'; readonly cause?: unknown; readonly replayed?: number };
  /** A call was admitted although the ledger could not be asked: `budgets` said so, by their `onLedgerError`. */
  unasked: {
    /** Milliseconds since the epoch. */
    readonly at: number;
    readonly budgets: readonly string[];
    readonly operation: Operation;
    readonly model?: string;
    readonly cause: unknown;
  };
  /** The prepaid balance is low, exhausted or refilled (option `credits`). */
  balance: BalanceEvent;
  /** Something of the meter's own went wrong; the call itself went on. */
  error: MeterError;
}

export interface MeterError {
  /** A stable name of what went wrong: `cost-missing`, `cost-invalid`, `listener`, `labels`, `ledger`, ... */
  readonly problem: string;
  readonly message: string;
  readonly operation?: string;
  readonly model?: string;
  /** Of `ledger-dropped`: what the calls cost that are on no budget. */
  readonly amount?: Nanos;
  readonly cause?: unknown;
}

type Listener<E extends keyof MeterEvents> = (event: MeterEvents[E]) => void;

/** A listener can never break or delay a call: what it throws becomes an `error` event, and an `error` nobody hears is logged. */
export class Events {
  readonly #listeners = new Map<keyof MeterEvents, Set<Listener<never>>>();

  constructor(private readonly unheard: (error: MeterError) => void) {}

  on<E extends keyof MeterEvents>(event: E, listener: Listener<E>): () => void {
    const listeners = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, listeners);
    listeners.add(listener as Listener<never>);
    return () => {
      listeners.delete(listener as Listener<never>);
    };
  }

  emit<E extends keyof MeterEvents>(event: E, told: MeterEvents[E]): void {
    const listeners = this.#listeners.get(event);
    const value = withPrivateCause(told);
    if (event === 'error' && !listeners?.size) this.unheard(value as MeterError);
    for (const listener of listeners ?? []) this.#call(event, listener as Listener<E>, value);
  }

  #call<E extends keyof MeterEvents>(event: E, listener: Listener<E>, value: MeterEvents[E]): void {
    const failed = (cause: unknown) => {
      const error = { problem: 'listener', message: `A listener of '${event}' threw`, cause };
      if (event === 'error') this.unheard(error);
      else this.emit('error', error);
    };
    try {
      const result: unknown = listener(value);
      if (result instanceof Promise) result.catch(failed);
    } catch (cause) {
      failed(cause);
    }
  }
}

/** The error of an HTTP client holds the request, and with it a key: it is there to be read, and not in the event's JSON. */
function withPrivateCause<T extends object>(told: T): T {
  if (!('cause' in told)) return told;
  const { cause } = told;
  return Object.defineProperty({ ...told }, 'cause', { value: cause, enumerable: false });
}
