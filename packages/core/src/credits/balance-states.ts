import type { Nanos } from '../money.js';
import { isAhead } from './is-ahead.js';

/** A change of the prepaid balance at Eden AI. */
export interface BalanceEvent {
  /**
   * `low`: below `lowUsd`, or fewer than `lowHours` left; `exhausted`: nothing is left; `refilled`: credits were bought or
   * given back, or calls are paid for again; `unrefilled`: below the threshold of the auto-refill for `graceMs`, as when a
   * card was refused.
   */
  readonly state: 'low' | 'exhausted' | 'refilled' | 'unrefilled';
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Integer nano-USD; absent when no balance could be read. Never negative. */
  readonly balanceNanos?: Nanos;
  /** At the rate of the last hour; absent when nothing was spent, for the first 15 minutes, and when a refill can be counted on. */
  readonly hoursLeft?: number;
}

/**
 * What is left of the credits. `exhausted`: a balance that was read lately is used up, or Eden AI has answered 402 within
 * `circuit.openMs`; `unknown`: no balance could be read, and no call was refused a moment ago.
 */
export type CreditsState = 'unknown' | 'ok' | 'low' | 'exhausted';

const RANK: Readonly<Record<CreditsState, number>> = { unknown: 0, ok: 0, low: 1, exhausted: 2 };

/** A low balance that is not refilled is low no more when this much is above the limit: one that hovers is told of once. */
const RECOVERED = 1.25;

export interface BalanceFacts {
  readonly at: number;
  /** `undefined`: not known. */
  readonly nanos: Nanos | undefined;
  readonly hoursLeft: number | undefined;
}

export interface StateLimits {
  readonly low: Nanos | undefined;
  readonly lowHours: number | undefined;
  /** How long a 402 does not exhaust them again after a call was paid for. */
  readonly holdMs: number;
}

/** Tells of each change once, and in order: low, exhausted, refilled. */
export class BalanceStates {
  #state: CreditsState = 'unknown';
  /** A call was answered although nothing seemed to be left: until the next read, charges say nothing new. */
  #resumed = false;
  #resumedAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly limits: StateLimits,
    private readonly tell: (event: BalanceEvent) => void,
  ) {}

  get state(): CreditsState {
    return this.#state;
  }

  /** After a charge. While some of those that were taken off are in doubt, it does not exhaust the balance. */
  spent(facts: BalanceFacts, isCertain: boolean): void {
    if (this.#resumed) return;
    const next = this.#stateOf(facts);
    if (next !== 'exhausted' || isCertain) this.#fall(facts, next);
    else if (this.limits.low !== undefined) this.#fall(facts, 'low');
  }

  /** After a read. */
  read(facts: BalanceFacts, bought: Nanos): void {
    const resumed = this.#resumed;
    this.#resumed = false;
    const next = this.#stateOf(facts);
    const isRefilled = next !== 'exhausted' && (bought > 0 || this.#state === 'exhausted');
    if (isRefilled) {
      this.#state = next;
      if (!resumed) this.#say('refilled', facts);
    } else if (this.#state === 'unknown' || this.#hasRecovered(facts)) {
      this.#state = 'ok';
    }
    if (!isRefilled) this.#fall(facts, next);
  }

  /** Eden AI has refused a call, and no balance speaks against it: a call that was paid for a moment ago does. */
  refused(facts: BalanceFacts): void {
    const { holdMs } = this.limits;
    if (this.#resumed && isAhead(this.#resumedAt + holdMs, facts.at, holdMs)) return;
    this.#resumed = false;
    this.#fall(facts, 'exhausted');
  }

  /** Eden AI answers calls again. */
  resumed(facts: BalanceFacts): void {
    if (this.#state !== 'exhausted') return;
    this.#state = 'ok';
    this.#resumed = true;
    this.#resumedAt = facts.at;
    this.#say('refilled', facts);
  }

  unrefilled(facts: BalanceFacts): void {
    this.#say('unrefilled', facts);
  }

  #stateOf({ nanos, hoursLeft = Number.POSITIVE_INFINITY }: BalanceFacts): CreditsState {
    if (nanos === undefined) return this.#state;
    if (nanos <= 0) return 'exhausted';
    const { low = 0, lowHours = 0 } = this.limits;
    return nanos < low || hoursLeft < lowHours ? 'low' : 'ok';
  }

  #hasRecovered({ nanos = 0, hoursLeft = Number.POSITIVE_INFINITY }: BalanceFacts): boolean {
    const { low = 0, lowHours = 0 } = this.limits;
    return this.#state === 'low' && nanos >= low * RECOVERED && hoursLeft >= lowHours * RECOVERED;
  }

  #fall(facts: BalanceFacts, next: CreditsState): void {
    if (RANK[next] <= RANK[this.#state]) return;
    const wasLow = RANK[this.#state] >= RANK.low;
    this.#state = next;
    const isWatched = this.limits.low !== undefined && facts.nanos !== undefined;
    if (!wasLow && (next === 'low' || isWatched)) this.#say('low', facts);
    if (next === 'exhausted') this.#say('exhausted', facts);
  }

  #say(state: BalanceEvent['state'], { at, nanos, hoursLeft }: BalanceFacts): void {
    this.tell({
      state,
      at,
      ...(nanos !== undefined && { balanceNanos: Math.max(0, nanos) }),
      ...(hoursLeft !== undefined && { hoursLeft }),
    });
  }
}
