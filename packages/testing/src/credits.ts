import type { Clock, Timer } from '@eden-cost/core';
import { type Nanos, usdToNanos } from './money.js';

/** Eden AI's auto-refill: when the balance falls under the threshold, a fixed amount is bought. */
export interface AutoRefill {
  thresholdUsd: number;
  amountUsd: number;
  /** `'on'` (default) buys at once, `'delayed'` after `delayMs`, `'refused'` fails as a declined card does. */
  mode?: 'on' | 'delayed' | 'refused';
  /** Default 1000. */
  delayMs?: number;
}

/** One attempt to buy credits. */
export interface Refill {
  readonly at: number;
  readonly nanos: Nanos;
  readonly outcome: 'bought' | 'refused';
}

/** The account's prepaid credits. Without a balance they never run out. */
export class Credits {
  readonly refills: Refill[] = [];
  /** `undefined`: unlimited. */
  balance: Nanos | undefined;
  #pending: Timer | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly initial: Nanos | undefined,
    private readonly autoRefill?: AutoRefill,
  ) {
    this.balance = initial;
  }

  get empty(): boolean {
    return this.balance !== undefined && this.balance <= 0;
  }

  /** Calls that are answered at the same time may take the balance below zero: the charge is known only afterwards. */
  charge(nanos: Nanos): void {
    if (this.balance === undefined) return;
    this.balance -= nanos;
    this.#refillIfLow();
  }

  add(nanos: Nanos): void {
    this.balance = (this.balance ?? 0) + nanos;
  }

  set(nanos: Nanos): void {
    this.balance = nanos;
    this.#refillIfLow();
  }

  /** Back to the start: what was bought and spent is forgotten. */
  reset(): void {
    this.#pending?.cancel();
    this.#pending = undefined;
    this.balance = this.initial;
    this.refills.length = 0;
  }

  #refillIfLow(): void {
    const { autoRefill, balance } = this;
    if (!autoRefill || balance === undefined || this.#pending) return;
    if (balance >= usdToNanos(autoRefill.thresholdUsd, 'thresholdUsd')) return;
    if (autoRefill.mode === 'delayed') {
      this.#pending = this.clock.after(autoRefill.delayMs ?? 1000, () => this.#refill(autoRefill));
    } else {
      this.#refill(autoRefill);
    }
  }

  #refill({ amountUsd, mode }: AutoRefill): void {
    this.#pending = undefined;
    const nanos = usdToNanos(amountUsd, 'amountUsd');
    const outcome = mode === 'refused' ? 'refused' : 'bought';
    this.refills.push({ at: this.clock.now(), nanos, outcome });
    if (outcome === 'bought') this.add(nanos);
  }
}
