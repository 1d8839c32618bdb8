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
    const { openMs } = this;
    if (openMs === undefined || call.request.method === 'GET') return UNTOUCHED;
    this.#calls += 1;
    const key = this.#keys.size === 0 ? undefined : this.#keys.get(this.#hash(call));
    if (!key?.isOpen || this.#external.has(this.#modelOf(call))) return this.#passage(call, openMs);
    return key.probe(this.clock.now()) ? this.#passage(call, openMs, key) : undefined;
  }

  /** Credits were bought: every key may try. */
  closeAll(): void {
    for (const key of this.#keys.values()) key.close(this.#calls);
  }

  #passage(call: Call, openMs: number, probed?: RefusedKey): Passage {
    const number = this.#calls;
    return {
      answered: (status) => {
        if (status === 402) this.#keyOf(call, openMs).refused(number, this.clock.now());
        else if (status >= 200 && status < 300 && probed?.isOpen) {
          probed.close(this.#calls);
          this.closed();
        }
      },
      over: (isByok) => {
        probed?.probed();
        if (!isByok) return;
        if (this.#external.size >= REMEMBERED) this.#external.clear();
        this.#external.add(this.#modelOf(call));
      },
    };
  }

  #keyOf(call: Call, openMs: number): RefusedKey {
    const hash = this.#hash(call);
    const key = this.#keys.get(hash) ?? new RefusedKey(openMs);
    this.#keys.set(hash, key);
    if (this.#keys.size > REMEMBERED) this.#keys.delete(this.#keys.keys().next().value as string);
    return key;
  }

  #modelOf(call: Call): string {
    return `${this.#hash(call)} ${call.kind.operation} ${call.facts.model ?? ''}`;
  }

  #hash({ request }: Call): string {
    const key = request.header('authorization') ?? request.header('x-api-key') ?? '';
    return createHmac('sha256', this.#secret).update(key).digest('base64');
  }
}
