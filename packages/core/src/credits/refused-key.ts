import { isAhead } from './is-ahead.js';

/** A probe that is not answered by then makes room for another one. */
const PROBE_MS = 30_000;

/** What is known of one API key that Eden AI has refused. */
export class RefusedKey {
  #isOpen = false;
  #until = 0;
  #probingUntil = 0;
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

  /** Whether calls are denied now: not when it is time for one to try again. */
  denies(now: number): boolean {
    if (!this.#isOpen) return false;
    return isAhead(this.#until, now, this.openMs) || isAhead(this.#probingUntil, now, PROBE_MS);
  }

  /** Whether a call may try again now; the next one may not, until this one is over. */
  probe(now: number): boolean {
    if (this.denies(now)) return false;
    this.#probingUntil = now + PROBE_MS;
    return true;
  }

  probed(): void {
    this.#probingUntil = 0;
  }

  /** Eden AI has refused the call with this number. */
  refused(number: number, now: number): void {
    if (number <= this.#closedAfter) return;
    this.#isOpen = true;
    this.#until = now + this.openMs;
  }

  /** @param lastNumber of all calls so far */
  close(lastNumber: number): void {
    this.#isOpen = false;
    this.#closedAfter = lastNumber;
    this.probed();
  }
}
