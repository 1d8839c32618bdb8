import { createHmac, randomBytes } from 'node:crypto';
import type { Call } from '../call.js';
import type { Clock } from '../clock.js';

/** What the circuit is told of a call that it let pass. */
export interface Passage {
  /** The head of Eden AI's answer. */
  answered(status: number): void;
  /** It is over, however it ended, or it did not leave at all. */
  over(isByok: boolean): void;
}

/** What is known of one API key that Eden AI has refused. */
interface Refused {
  isOpen: boolean;
  until: number;
  /** Until when a probe is waited for. */
  probing: number | undefined;
  /** Calls that left before it closed say nothing new. */
  closedAfter: number;
}

/** A probe that is not answered by then makes room for another one. */
const PROBE_MS = 30_000;

/** Keys, and models that a provider key of the account's own pays for. */
const REMEMBERED = 1_000;

const UNTOUCHED: Passage = { answered() {}, over() {} };

/**
 * After Eden AI's 402, further calls with the same API key are denied here for a short time, and then one of them tries
 * again: a flood of users is no flood of 402s. Keys are known by a hash with a secret of this process alone.
 */
export class CreditsCircuit {
  readonly #secret = randomBytes(32);
  readonly #keys = new Map<string, Refused>();
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
    if (this.openMs === undefined || call.request.method === 'GET' || call.kind.poll !== undefined) return UNTOUCHED;
    this.#calls += 1;
    const number = this.#calls;
    const refused = this.#keys.size === 0 ? undefined : this.#keys.get(this.#hash(call));
    if (!refused?.isOpen || this.#external.has(this.#modelOf(call))) return this.#passage(call, number, undefined);
    const now = this.clock.now();
    if (isAhead(refused.until, now, this.openMs) || isAhead(refused.probing, now, PROBE_MS)) return undefined;
    refused.probing = now + PROBE_MS;
    return this.#passage(call, number, refused);
  }

  /** Credits were bought: every key may try. */
  closeAll(): void {
    for (const refused of this.#keys.values()) this.#close(refused);
  }

  #passage(call: Call, number: number, probed: Refused | undefined): Passage {
    return {
      answered: (status) => {
        if (status === 402) this.#open(call, number, probed);
        else if (status >= 200 && status < 300 && probed?.isOpen) {
          this.#close(probed);
          this.closed();
        }
      },
      over: (isByok) => {
        if (probed !== undefined) probed.probing = undefined;
        if (isByok) keep(this.#external, this.#modelOf(call));
      },
    };
  }

  #open(call: Call, number: number, probed: Refused | undefined): void {
    const key = this.#hash(call);
    const refused = probed ?? this.#keys.get(key) ?? { isOpen: false, until: 0, probing: undefined, closedAfter: 0 };
    if (number <= refused.closedAfter) return;
    refused.isOpen = true;
    refused.until = this.clock.now() + (this.openMs ?? 0);
    this.#keys.set(key, refused);
    if (this.#keys.size > REMEMBERED) this.#keys.delete(this.#keys.keys().next().value as string);
  }

  #close(refused: Refused): void {
    refused.isOpen = false;
    refused.probing = undefined;
    refused.closedAfter = this.#calls;
  }

  #modelOf = (call: Call): string => `${this.#hash(call)} ${call.kind.operation} ${call.facts.model ?? ''}`;

  #hash({ request }: Call): string {
    const key = request.header('authorization') ?? request.header('x-api-key') ?? '';
    return createHmac('sha256', this.#secret).update(key).digest('base64');
  }
}

/** A clock that was set back must not make a short time long. */
const isAhead = (until: number | undefined, now: number, longest: number): boolean =>
  until !== undefined && until > now && until - now <= longest;

function keep(names: Set<string>, name: string): void {
  if (names.size >= REMEMBERED) names.clear();
  names.add(name);
}
