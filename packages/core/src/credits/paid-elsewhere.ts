import type { Clock } from '../clock.js';

/** A provider key that has paid for nothing this long may have been taken away. */
const KNOWN_MS = 3_600_000;

/** How many models are remembered. */
const MOST = 1_000;

interface Answer {
  readonly apiKey: string;
  readonly number: number;
  readonly at: number;
}

/** Models that a provider key of the account's own pays for, by API key: calls with them need no credits. */
export class PaidElsewhere {
  readonly #answers = new Map<string, Answer>();

  constructor(private readonly clock: Clock) {}

  /** @param number of the call that was answered */
  add(model: string, apiKey: string, number: number): void {
    this.#answers.delete(model); // the latest is the last one
    this.#answers.set(model, { apiKey, number, at: this.clock.now() });
    if (this.#answers.size > MOST) this.#answers.delete(this.#answers.keys().next().value as string);
  }

  /** Eden AI has refused a call with it: a router, or a fallback, does not always end at the same provider. */
  delete(model: string): void {
    this.#answers.delete(model);
  }

  has(model: string): boolean {
    return this.#isKnown(this.#answers.get(model));
  }

  /** Whether one was with this API key, and left after the call with this number. */
  hasAfter(number: number, apiKey: string): boolean {
    for (const answer of this.#answers.values()) {
      if (answer.apiKey === apiKey && answer.number > number && this.#isKnown(answer)) return true;
    }
    return false;
  }

  #isKnown(answer: Answer | undefined): boolean {
    return answer !== undefined && this.clock.now() - answer.at < KNOWN_MS;
  }
}
