import type { Nanos } from '../money.js';

/** What a read may lack of the charges before it. */
export interface Missing {
  /** Guesses, and charges of which Eden AI's balance may never show anything. */
  readonly doubtful: Nanos;
  /** What was charged a moment ago: Eden AI may still have to take it. */
  readonly lagging: Nanos;
}

const STEP_MS = 100;

/** The charges that no read has confirmed yet, as far as a read need not show them. */
export class Unconfirmed {
  #doubtful: Nanos = 0;
  /** By a tenth of a second. */
  readonly #latest = new Map<number, Nanos>();

  /** @param lagMs how long Eden AI may take for its own accounts */
  constructor(private readonly lagMs: number) {}

  add(amount: Nanos, at: number, isDoubtful: boolean): void {
    if (isDoubtful) {
      this.#doubtful += amount;
      return;
    }
    const step = Math.floor(at / STEP_MS);
    this.#latest.set(step, (this.#latest.get(step) ?? 0) + Math.max(0, amount));
    this.#forget(at);
  }

  /** Of a read that begins now. */
  missing(now: number): Missing {
    this.#forget(now);
    const lagging = [...this.#latest.values()].reduce((sum, amount) => sum + amount, 0);
    return { doubtful: Math.max(0, this.#doubtful), lagging };
  }

  /** A read has told what became of these; what it still lacks is in doubt. */
  confirm({ doubtful }: Missing, lacking: Nanos): void {
    this.#doubtful = Math.max(0, this.#doubtful) - doubtful + lacking;
  }

  #forget(now: number): void {
    const first = Math.floor((now - this.lagMs) / STEP_MS);
    const last = Math.floor(now / STEP_MS);
    for (const step of this.#latest.keys()) if (step <= first || step > last) this.#latest.delete(step);
  }
}
