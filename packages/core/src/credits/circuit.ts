import { createHmac, randomBytes } from 'node:crypto';
import type { Call } from '../call.js';
import type { Clock } from '../clock.js';
import { callKey } from './call-key.js';
import { isAhead } from './is-ahead.js';
import { KeysInUse } from './keys-in-use.js';
import { PaidElsewhere } from './paid-elsewhere.js';
import { RefusedKey } from './refused-key.js';

/** What paid for a call: `nothing` for one that failed, or was answered from the cache; `external`: a provider key of one's own. */
export type PaidBy = 'credits' | 'external' | 'nothing';

/** What the circuit is told of a call that it let pass. */
export interface Passage {
  /** The head of Eden AI's answer. */
  answered(status: number): void;
  /** It is over, however it ended, or it did not leave at all. */
  over(paidBy: PaidBy): void;
}

/** How many keys are remembered. */
const REMEMBERED = 1_000;

const UNTOUCHED: Passage = { answered() {}, over() {} };

/**
 * After Eden AI's 402, further calls with the same API key are denied here for a short time, and then one of them tries
 * again: a flood of users is no flood of 402s. Keys are known by a hash with a secret of this process alone.
 */
export class CreditsCircuit {
  readonly #secret = randomBytes(32);
  readonly #keys = new Map<string, RefusedKey>();
  readonly #inUse = new KeysInUse();
  readonly #elsewhere: PaidElsewhere;
  #calls = 0;
  /** A check was let by, so that a call may try again: others wait for what becomes of it. */
  #letByUntil = 0;

  /**
   * @param openMs how long calls are denied; `undefined`: never
   * @param closed told of a call that was paid from the credits after its key had been refused
   */
  constructor(
    private readonly clock: Clock,
    private readonly openMs: number | undefined,
    private readonly closed: (call: Call) => void,
  ) {
    this.#elsewhere = new PaidElsewhere(clock);
  }

  /** Whether calls with at least one key are denied now. */
  get isOpen(): boolean {
    const now = this.clock.now();
    return [...this.#keys.values()].some((key) => key.denies(now));
  }

  /** `undefined`: the call is denied. */
  enter(call: Call): Passage | undefined {
    if (call.request.method === 'GET') return UNTOUCHED;
    this.#calls += 1;
    const now = this.clock.now();
    const print = this.#inUse.use(keyOf(call), call.draws, now);
    const key = this.#keys.size === 0 ? undefined : this.#keys.get(this.#hash(call));
    const passing = { circuit: this, call, print, number: this.#calls };
    if (!key?.isOpen || this.#elsewhere.has(this.#modelOf(call))) return new Passing(passing);
    if (key.denies(now)) return undefined;
    key.probe(now);
    return new Passing(passing, key);
  }

  /**
   * Whether a call that is still to come would be denied, as far as that can be told before its key and model are known:
   * not while a key is in use that was not refused, unless it is the account that is exhausted, nor while a provider key of
   * the account's own pays.
   */
  deniesNext(isAccountExhausted: boolean): boolean {
    if (!this.#isRefused(isAccountExhausted)) return false;
    const now = this.clock.now();
    const open = [...this.#keys.values()].filter(({ isOpen }) => isOpen);
    return open.every((key) => key.denies(now)) || isAhead(this.#letByUntil, now, this.openMs ?? 0);
  }

  /** The same; when it is time to try again, one is let by, and keeps the others back. The try itself is its call's. */
  letsNextBy(isAccountExhausted: boolean): boolean {
    if (this.deniesNext(isAccountExhausted)) return false;
    if (this.#isRefused(isAccountExhausted)) this.#letByUntil = this.clock.now() + (this.openMs ?? 0);
    return true;
  }

  /** Whether Eden AI has refused each key that the watched credits were drawn on with lately; also without a circuit. */
  get isAccountRefused(): boolean {
    return this.#inUse.isAccountRefused(this.clock.now());
  }

  /** The call with this number was paid from the credits. */
  paid({ print, number }: Passed): void {
    this.#inUse.paid(print, number);
  }

  /** Eden AI answered 402 to the call with this number. */
  refused({ call, print, number }: Passed): void {
    this.#inUse.refused(print, this.#calls);
    if (this.openMs === undefined) return;
    const hash = this.#hash(call);
    const key = this.#keys.get(hash) ?? new RefusedKey(this.openMs, print);
    this.#keys.set(hash, key);
    if (this.#keys.size > REMEMBERED) this.#keys.delete(this.#keys.keys().next().value as string);
    key.refused(number, this.#calls, this.clock.now() + this.openMs);
    this.#elsewhere.delete(this.#modelOf(call));
  }

  /** A call that tried again is over. */
  probed(key: RefusedKey, call: Call, paidBy: PaidBy): void {
    key.probed();
    this.#letByUntil = 0;
    if (paidBy !== 'credits' || !key.isOpen) return;
    key.close(this.#calls);
    this.closed(call);
  }

  /** A provider key of the account's own paid for a call: its like needs no credits. */
  paidElsewhere({ call, number }: Passed): void {
    if (this.openMs !== undefined) this.#elsewhere.add(this.#modelOf(call), this.#hash(call), number);
  }

  /** Credits were bought: keys of an account that had none are as good as ever, others were refused for a reason of theirs. */
  refilled(wasExhausted: boolean): void {
    for (const key of this.#keys.values()) {
      if (wasExhausted) key.close(this.#calls);
      else key.halfOpen(this.#calls);
    }
  }

  #isRefused(isAccountExhausted: boolean): boolean {
    const open = [...this.#keys].filter(([, { isOpen }]) => isOpen);
    if (open.some(([hash, { openedAfter }]) => this.#elsewhere.hasAfter(openedAfter, hash))) return false;
    if (open.length === 0 || isAccountExhausted) return open.length > 0;
    const refused = new Set(open.map(([, { print }]) => print));
    return this.#inUse.every(this.clock.now(), (print) => refused.has(print));
  }

  #modelOf(call: Call): string {
    return `${this.#hash(call)} ${call.kind.operation} ${call.facts.model ?? ''}`;
  }

  #hash(call: Call): string {
    return createHmac('sha256', this.#secret).update(keyOf(call)).digest('base64');
  }
}

/** Where there is no key, a proxy adds one: each its own. */
const keyOf = ({ request }: Call): string => callKey(request.header) ?? request.origin;

interface Passed {
  readonly circuit: CreditsCircuit;
  readonly call: Call;
  readonly print: number;
  readonly number: number;
}

/** A call that was let pass; `probed`: to try whether its key is paid from again. */
class Passing implements Passage {
  constructor(
    private readonly passed: Passed,
    private readonly probed?: RefusedKey,
  ) {}

  answered(status: number): void {
    if (status === 402) this.passed.circuit.refused(this.passed);
  }

  over(paidBy: PaidBy): void {
    const { circuit, call } = this.passed;
    if (this.probed !== undefined) circuit.probed(this.probed, call, paidBy);
    if (paidBy === 'credits') circuit.paid(this.passed);
    if (paidBy === 'external') circuit.paidElsewhere(this.passed);
  }
}
