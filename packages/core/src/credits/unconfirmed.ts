import type { Nanos } from '../money.js';

/** What a read may lack of the charges before it. */
export interface Missing {
  /** Guesses, and charges of which Eden AI's balance may never show anything. */
  readonly doubtful: Nanos;
  /** What was charged since the read before: Eden AI may still have to take it, or its answer be an older one. */
  readonly lagging: Nanos;
  /** What was charged earlier, and the read before lacked: a second one that lacks it decides. */
  readonly lacking: Nanos;
}

/** The charges that no read has confirmed yet, as far as a read need not show them. */
export class Unconfirmed {
  #doubtful: Nanos = 0;
  #lagging: Nanos = 0;
  #lacking: Nanos = 0;

  add(amount: Nanos, isDoubtful: boolean): void {
    if (isDoubtful) this.#doubtful += amount;
    else this.#lagging += Math.max(0, amount);
  }

  /** Of a read that begins now. */
  get missing(): Missing {
    return { doubtful: Math.max(0, this.#doubtful), lagging: this.#lagging, lacking: this.#lacking };
  }

  /** A read has told what became of these, but for what it lacks of those that may lag. */
  confirm({ doubtful, lagging }: Missing, lacking: Nanos): void {
    this.#doubtful = Math.max(0, this.#doubtful) - doubtful;
    this.#lagging -= lagging;
    this.#lacking = lacking;
  }
}
