/** A probe that is not answered by then makes room for another one. */
const PROBE_MS = 30_000;

/** What is known of one API key that Eden AI has refused. */
export class RefusedKey {
  #isOpen = false;
  #until = 0;
  #probingUntil = 0;
  /** Calls that left before it closed say nothing new. */
  #closedAfter = 0;

  constructor(private readonly openMs: number) {}

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Whether a call may try again now; the next one may not, until this one is over. */
  probe(now: number): boolean {
    if (isAhead(this.#until, now, this.openMs) || isAhead(this.#probingUntil, now, PROBE_MS)) return false;
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

/** A clock that was set back must not make a short time long. */
const isAhead = (until: number, now: number, longest: number): boolean => until > now && until - now <= longest;
