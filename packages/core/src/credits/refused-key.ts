import { isAhead } from './is-ahead.js';

/** A probe that is not answered by then makes room for another one. */
const PROBE_MS = 30_000;

/** A 402 of Eden AI. */
export interface Refusal {
  /** Of the call, and of the last one so far. */
  readonly number: number;
  readonly lastNumber: number;
  readonly model: string;
  /** When calls need not wait any more to try. */
  readonly until: number;
}

/** What is known of one API key that Eden AI has refused, or of one model with it. */
export class RefusedKey {
  #isOpen = false;
  #until = 0;
  #probingUntil = 0;
  #openedAfter = 0;
  /** The only one that was refused. */
  #model: string | undefined;
  /** Calls that left before it closed say nothing new. */
  #closedAfter = 0;

  /** @param print what it is known by among the keys in use */
  constructor(
    private readonly openMs: number,
    readonly print: number,
  ) {}

  /** Eden AI has refused it, and has not been paid with it since. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** The number of the last call before Eden AI refused it. */
  get openedAfter(): number {
    return this.#openedAfter;
  }

  /** Whether calls are denied now: not when it is time for one to try again. */
  denies(now: number): boolean {
    if (!this.#isOpen) return false;
    return isAhead(this.#until, now, this.openMs) || isAhead(this.#probingUntil, now, PROBE_MS);
  }

  /** The next call may not try, until this one is over. */
  probe(now: number): void {
    this.#probingUntil = now + PROBE_MS;
  }

  probed(): void {
    this.#probingUntil = 0;
  }

  /** Whether nothing but this model was refused with it since it was last paid from. */
  isAlone(model: string): boolean {
    return !this.#isOpen || this.#model === model;
  }

  refused({ number, lastNumber, model, until }: Refusal): void {
    if (number <= this.#closedAfter) return;
    this.#model = this.isAlone(model) ? model : undefined;
    if (!this.#isOpen) this.#openedAfter = lastNumber;
    this.#isOpen = true;
    this.#until = until;
  }

  /** One call may try at once; what left before says nothing new. */
  halfOpen(lastNumber: number): void {
    this.#until = 0;
    this.#closedAfter = lastNumber;
    this.probed();
  }

  /** @param lastNumber of all calls so far */
  close(lastNumber: number): void {
    this.halfOpen(lastNumber);
    this.#isOpen = false;
  }
}
