import type { Nanos } from '../money.js';
import { checkToppedUp } from './check-amount.js';
import type { AccountRef, Balance, TopUp } from './ledger.js';

/** How long an account is kept once its window is found to have ended: for settles that come late, and while a clock is ahead. */
const GRACE_MS = 3_600_000;
/** How many accounts each new one looks at. One goes at the second look after its window, and most get one before. */
const LOOKS = 4;
const NOTES_KEPT = 1_000;
const NONE: readonly number[] = Object.freeze([]);

/** One account as the ledger in memory keeps it; amounts in nano-USD. */
export class Account {
  settled: Nanos = 0;
  reserved: Nanos = 0;
  toppedUp: Nanos = 0;
  /** What the request that is being judged asks of this account, over all its holds. 0 between requests. */
  asked: Nanos = 0;
  /** Ascending, as of the latest reserve. */
  thresholds: readonly number[] = NONE;
  /** Those that have been reported. */
  fired: readonly number[] = NONE;
  #notes: Map<string, TopUp> | undefined = undefined;

  constructor(
    readonly key: string,
    readonly endsAt: number,
  ) {}

  get balance(): Balance {
    return { settled: this.settled, reserved: this.reserved, toppedUp: this.toppedUp };
  }

  /** The latest 1,000, the earliest first. */
  get notes(): readonly TopUp[] {
    return [...(this.#notes?.values() ?? [])];
  }

  /** False when the note was booked before. The latest 1,000 notes are remembered. */
  topUp(note: TopUp): boolean {
    this.#notes ??= new Map();
    if (this.#notes.has(note.id)) return false;
    checkToppedUp(this.toppedUp + note.amount);
    this.#notes.set(note.id, note);
    if (this.#notes.size > NOTES_KEPT) this.#notes.delete(this.#notes.keys().next().value as string);
    this.toppedUp += note.amount;
    return true;
  }
}

export const EMPTY_BALANCE: Balance = Object.freeze({ settled: 0, reserved: 0, toppedUp: 0 });

/**
 * All accounts. One that belongs to a scope lives as long as that object; one with a window goes an hour after that is
 * found to have ended: each new account looks at some others, so nothing ever walks over all of them.
 */
export class AccountBook {
  readonly #shared = new Map<string, Account>();
  readonly #owned = new WeakMap<object, Map<string, Account>>();
  /** Of accounts whose window has ended, when that was found. */
  readonly #foundOver = new WeakMap<Account, number>();
  #round = this.#shared.values();

  get size(): number {
    return this.#shared.size;
  }

  find(ref: AccountRef): Account | undefined {
    return ref.owner === undefined ? this.#shared.get(ref.key) : this.#owned.get(ref.owner)?.get(ref.key);
  }

  open(ref: AccountRef, at: number): Account {
    const found = this.find(ref);
    if (found !== undefined) return found;
    const account = new Account(ref.key, ref.endsAt ?? Number.POSITIVE_INFINITY);
    if (ref.owner === undefined) {
      for (let looks = 0; looks < LOOKS; looks++) this.#prune(at);
      this.#shared.set(ref.key, account);
    } else {
      this.#ownedBy(ref.owner).set(ref.key, account);
    }
    return account;
  }

  #ownedBy(owner: object): Map<string, Account> {
    const found = this.#owned.get(owner);
    if (found !== undefined) return found;
    const accounts = new Map<string, Account>();
    this.#owned.set(owner, accounts);
    return accounts;
  }

  #prune(at: number): void {
    const { value: account, done } = this.#round.next();
    if (done) this.#round = this.#shared.values();
    else if (this.#isOver(account, at) && account.reserved === 0) this.#shared.delete(account.key);
  }

  /** An hour after it was first found so: a clock that jumps ahead by days may come back. */
  #isOver(account: Account, at: number): boolean {
    if (at <= account.endsAt) {
      this.#foundOver.delete(account);
      return false;
    }
    const since = Math.min(at, this.#foundOver.get(account) ?? at);
    this.#foundOver.set(account, since);
    return at - since > GRACE_MS;
  }
}
