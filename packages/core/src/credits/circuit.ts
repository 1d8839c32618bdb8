import { createHmac, randomBytes } from 'node:crypto';
import type { Call } from '../call.js';
import type { Clock } from '../clock.js';
import { RefusedKey } from './refused-key.js';

/** What the circuit is told of a call that it let pass. */
export interface Passage {
  /** The head of Eden AI's answer. */
  answered(status: number): void;
  /** It is over, however it ended, or it did not leave at all. */
  over(isByok: boolean): void;
}

/** Keys, and models that a provider key of the account's own pays for. */
const REMEMBERED = 1_000;

const UNTOUCHED: Passage = { answered() {}, over() {} };

/**
 * After Eden AI's 402, further calls with the same API key are denied here for a short time, and then one of them tries
 * again: a flood of users is no flood of 402s. Keys are known by a hash with a secret of this process alone.
 */
export class CreditsCircuit {
  readonly #secret = randomBytes(32);
  readonly #keys = new Map<string, RefusedKey>();
  readonly #external = new Set<string>();
  #calls = 0;

  /**
   * @param openMs how long calls are denied; `undefined`: never
   * @param closed told when a call was answered again
   */
  constructor(
    private readonly clock: Clock,
    private readonly openMs: number | undefined,
    private readonly closed: () => void,
  ) {}

  get isOpen(): boolean {
    return [...this.#keys.values()].some(({ isOpen }) => isOpen);
  }

  /** `undefined`: the call is denied. */
  enter(call: Call): Passage | undefined {
    if (this.openMs === undefined || call.request.method === 'GET') return UNTOUCHED;
    this.#calls += 1;
    const key = this.#keys.size === 0 ? undefined : this.#keys.get(this.#hash(call));
    if (!key?.isOpen || this.#external.has(this.#modelOf(call))) return new Passing(this, call, this.#calls);
    return key.probe(this.clock.now()) ? new Passing(this, call, this.#calls, key) : undefined;
  }

  /** Eden AI answered 402 to the call with this number. */
  refused(call: Call, number: number): void {
    const hash = this.#hash(call);
    const key = this.#keys.get(hash) ?? new RefusedKey(this.openMs ?? 0);
    this.#keys.set(hash, key);
    if (this.#keys.size > REMEMBERED) this.#keys.delete(this.#keys.keys().next().value as string);
    key.refused(number, this.clock.now());
  }

  /** A call that tried again was answered. */
  accepted(key: RefusedKey): void {
    key.close(this.#calls);
    this.closed();
  }

  /** A provider key of the account's own paid for a call: its like needs no credits. */
  paidElsewhere(call: Call): void {
    if (this.#external.size >= REMEMBERED) this.#external.clear();
    this.#external.add(this.#modelOf(call));
  }

  /** Credits were bought: every key may try. */
  closeAll(): void {
    for (const key of this.#keys.values()) key.close(this.#calls);
  }

  #modelOf(call: Call): string {
    return `${this.#hash(call)} ${call.kind.operation} ${call.facts.model ?? ''}`;
  }

  #hash({ request }: Call): string {
    const key = request.header('authorization') ?? request.header('x-api-key') ?? '';
    return createHmac('sha256', this.#secret).update(key).digest('base64');
  }
}

/** A call that was let pass; `probed`: to try whether its key is answered again. */
class Passing implements Passage {
  constructor(
    private readonly circuit: CreditsCircuit,
    private readonly call: Call,
    private readonly number: number,
    private readonly probed?: RefusedKey,
  ) {}

  answered(status: number): void {
    const { circuit, call, number, probed } = this;
    if (status === 402) circuit.refused(call, number);
    else if (status >= 200 && status < 300 && probed?.isOpen) circuit.accepted(probed);
  }

  over(isByok: boolean): void {
    this.probed?.probed();
    if (isByok) this.circuit.paidElsewhere(this.call);
  }
}
