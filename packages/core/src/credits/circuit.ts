import { createHmac, randomBytes } from 'node:crypto';
import type { Call } from '../call.js';
import type { Clock } from '../clock.js';
import { callKey } from './call-key.js';
import { isAhead } from './is-ahead.js';
import { KeysInUse } from './keys-in-use.js';
import { PaidElsewhere } from './paid-elsewhere.js';
import { type PaidBy, type Passage, type PassageTaker, type Passed, Passing } from './passage.js';
import { RefusedKey } from './refused-key.js';

/** How many keys are remembered. */
const REMEMBERED = 1_000;

const UNTOUCHED: Passage = { answered() {}, over() {} };

/**
 * After Eden AI's 402, further calls with the same API key are denied here for a short time, and then one of them tries
 * again: a flood of users is no flood of 402s. Keys are known by a hash with a secret of this process alone.
 */
export class CreditsCircuit implements PassageTaker {
  readonly #secret = randomBytes(32);
  readonly #keys = new Map<string, RefusedKey>();
  /** Models that were refused with a key although credits were there. */
  readonly #models = new Map<string, RefusedKey>();
  readonly #inUse = new KeysInUse();
  readonly #elsewhere: PaidElsewhere;
  #calls = 0;
  /** A check was let by, so that a call may try again: others wait for what becomes of it. */
  #letByUntil = 0;

  /**
   * @param openMs how long calls are denied; `undefined`: never
   * @param closed told of a call that was paid from the credits after its key had been refused
   * @param hasCredits whether credits are known to be there: a call that is refused then is too dear, or its key's own budget is spent
   */
  constructor(
    private readonly clock: Clock,
    private readonly openMs: number | undefined,
    private readonly closed: (call: Call) => void,
    private readonly hasCredits: (call: Call) => boolean,
  ) {
    this.#elsewhere = new PaidElsewhere(clock);
  }

  /** Whether calls with at least one key are denied now. */
  get isOpen(): boolean {
    const now = this.clock.now();
    return [...this.#keys.values(), ...this.#models.values()].some((key) => key.denies(now));
  }

  /** `undefined`: the call is denied. */
  enter(call: Call): Passage | undefined {
    if (call.request.method === 'GET') return UNTOUCHED;
    this.#calls += 1;
    const now = this.clock.now();
    const print = this.#inUse.use(keyOf(call), call.draws, now);
    const passed = { call, print, number: this.#calls };
    const refused = this.#refusedOf(call);
    if (refused.length === 0 || this.#elsewhere.has(this.#modelOf(call))) return new Passing(this, passed);
    if (refused.some((key) => key.denies(now))) return undefined;
    for (const key of refused) key.probe(now);
    return new Passing(this, passed, refused);
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
    const { openMs } = this;
    if (openMs === undefined) return;
    const now = this.clock.now();
    const model = this.#modelOf(call);
    const make = () => new RefusedKey(openMs, print);
    const key = remembered(this.#keys, this.#hash(call), make);
    const until = now + openMs;
    const isOneModel = this.hasCredits(call) && key.isAlone(model);
    key.refused({ number, lastNumber: this.#calls, model, until: isOneModel ? now : until });
    if (isOneModel) {
      const own = remembered(this.#models, model, make);
      own.refused({ number, lastNumber: this.#calls, model, until });
    }
    this.#elsewhere.delete(model);
  }

  /** A call that tried again is over. */
  probed(probed: readonly RefusedKey[], call: Call, paidBy: PaidBy): void {
    this.#letByUntil = 0;
    for (const key of probed) {
      key.probed();
      if (paidBy !== 'credits' || !key.isOpen) continue;
      key.close(this.#calls);
      this.closed(call);
    }
  }

  /** A provider key of the account's own paid for a call: its like needs no credits. */
  paidElsewhere({ call, number }: Passed): void {
    if (this.openMs !== undefined) this.#elsewhere.add(this.#modelOf(call), this.#hash(call), number);
  }

  /** Credits were bought: keys of an account that had none are as good as ever, others were refused for a reason of theirs. */
  refilled(wasExhausted: boolean): void {
    for (const key of [...this.#keys.values(), ...this.#models.values()]) {
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

  /** What a call has to try again for. */
  #refusedOf(call: Call): RefusedKey[] {
    if (this.#keys.size === 0) return [];
    const keys = [this.#keys.get(this.#hash(call)), this.#models.get(this.#modelOf(call))];
    return keys.filter((key): key is RefusedKey => key?.isOpen === true);
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

function remembered(keys: Map<string, RefusedKey>, name: string, make: () => RefusedKey): RefusedKey {
  const key = keys.get(name) ?? make();
  keys.set(name, key);
  if (keys.size > REMEMBERED) keys.delete(keys.keys().next().value as string);
  return key;
}
