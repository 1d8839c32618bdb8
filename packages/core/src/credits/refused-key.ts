import { isAhead } from './is-ahead.js';

/** A probe that is not answered by then makes room for another one. */
const PROBE_MS = 30_000;

/** What is known of one API key that Eden AI has refused, or of one model with it. */
export class RefusedKey {
  #isOpen = false;
  #until = 0;
  #probingUntil = 0;
  #openedAfter = 0;
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

  /**
   * Eden AI has refused the call with this number.
   *
   * @param lastNumber of all calls so far
   * @param until when calls are denied without a try
   */
  refused(number: number, lastNumber: number, until: number): void {
    if (number <= this.#closedAfter) return;
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
