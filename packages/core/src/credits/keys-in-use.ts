import { randomInt } from 'node:crypto';
import type { DrawsOnCredits } from './account-keys.js';

/** A key that no call has had for this long is given up: it was replaced, or its tenant has gone. */
const IN_USE_MS = 3_600_000;

/** How many keys are remembered. */
const MOST = 1_000;

interface KeyInUse {
  readonly draws: DrawsOnCredits;
  usedAt: number;
  /** The number of the last call before Eden AI refused it; `undefined`: it was not, or was paid from since. */
  refusedAfter?: number;
}

/** Which API keys calls have had lately, by 32 bits of each: enough to tell them apart, and too little to tell what they are. */
export class KeysInUse {
  readonly #seed = randomInt(2 ** 32);
  readonly #keys = new Map<number, KeyInUse>();
  #latest: number | undefined;

  /** Returns what the key is known by here. */
  use(apiKey: string, draws: DrawsOnCredits, now: number): number {
    const print = this.#printOf(apiKey);
    const key = this.#keys.get(print) ?? { draws, usedAt: now };
    key.usedAt = now;
    if (print === this.#latest) return print;
    this.#latest = print;
    this.#keys.delete(print); // the latest is the last one
    this.#keys.set(print, key);
    if (this.#keys.size > MOST) this.#keys.delete(this.#keys.keys().next().value as number);
    return print;
  }

  /** @param lastNumber of all calls so far */
  refused(print: number, lastNumber: number): void {
    const key = this.#keys.get(print);
    if (key !== undefined) key.refusedAfter = lastNumber;
  }

  /** The call with this number was paid from the credits: it says so if it left after the refusal. */
  paid(print: number, number: number): void {
    const key = this.#keys.get(print);
    if (key?.refusedAfter !== undefined && number > key.refusedAfter) delete key.refusedAfter;
  }

  /** Whether all keys that draw on the watched credits were refused. */
  isAccountRefused(now: number): boolean {
    return this.#every(now, ({ draws, refusedAfter }) => draws === 'no' || refusedAfter !== undefined);
  }

  every(now: number, is: (print: number) => boolean): boolean {
    return this.#every(now, (_key, print) => is(print));
  }

  #every(now: number, is: (key: KeyInUse, print: number) => boolean): boolean {
    for (const [print, key] of this.#keys) if (now - key.usedAt < IN_USE_MS && !is(key, print)) return false;
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
