import { randomInt } from 'node:crypto';

/** A key that no call has had for this long is given up: it was replaced, or its tenant has gone. */
const IN_USE_MS = 3_600_000;

/** How many keys are remembered. */
const MOST = 1_000;

/** Which API keys calls have had lately, by 32 bits of each: enough to tell them apart, and too little to tell what they are. */
export class KeysInUse {
  readonly #seed = randomInt(2 ** 32);
  readonly #usedAt = new Map<number, number>();

  /** Returns what the key is known by here. */
  use(apiKey: string, now: number): number {
    const print = this.#printOf(apiKey);
    this.#usedAt.delete(print); // the latest is the last one
    this.#usedAt.set(print, now);
    if (this.#usedAt.size > MOST) this.#usedAt.delete(this.#usedAt.keys().next().value as number);
    return print;
  }

  every(now: number, is: (print: number) => boolean): boolean {
    for (const [print, usedAt] of this.#usedAt) if (now - usedAt < IN_USE_MS && !is(print)) return false;
    return true;
  }

  /** FNV-1a: each call passes here, and an HMAC would take it some microseconds. */
  #printOf(apiKey: string): number {
    let print = this.#seed;
    for (let index = 0; index < apiKey.length; index++) {
      print = Math.imul(print ^ apiKey.charCodeAt(index), 16_777_619);
    }
    return print;
  }
}
