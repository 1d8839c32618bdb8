import { EMPTY_BALANCE } from './account-book.js';
import { KEPT_MS } from './finished-reservations.js';
import type { AccountRef, Balance, ReserveRequest } from './ledger.js';
import type { MemoryLedger } from './memory-ledger.js';
import { merge, type Parted, part, pick } from './parted.js';

/** A reservation that has holds on accounts of a scope; those are `here`. */
export class PartedReservation implements Parted {
  readonly here: readonly number[];
  readonly there: readonly number[];
  /** The other ledger does not know of it. */
  readonly isHereAlone: boolean;
  /** Those of the holds here, until it has ended. */
  accounts: readonly (() => AccountRef | undefined)[] | undefined;
  /** When one that is open has expired, and what became of it is no longer known here. */
  forgetAt: number;

  /** @param ownId its id here: a refused attempt uses one up, as the ledger here would answer to it as it did before */
  constructor(
    { at, ttlMs, holds }: ReserveRequest,
    readonly ownId: string,
  ) {
    const { here, there } = part(holds, ({ account }) => account.owner !== undefined);
    this.here = here;
    this.there = there;
    this.isHereAlone = there.length === 0 && holds.some(({ enforce }) => enforce);
    this.accounts = pick(holds, here).map(({ account }) => weakly(account));
    this.forgetAt = at + ttlMs + KEPT_MS;
  }

  /** For each hold, the account's balance after it, if the other ledger tells its own. Of one that has ended, nobody asks. */
  balancesAfter(
    own: MemoryLedger,
    others: readonly Balance[] | undefined,
    at: number,
  ): { readonly balances?: readonly Balance[] } {
    if (this.accounts === undefined || (others === undefined && !this.isHereAlone)) return {};
    const here = this.accounts.map((account) => {
      const ref = account();
      return (ref && own.balances([ref], at)[0]) ?? EMPTY_BALANCE;
    });
    return { balances: merge(this, here, others ?? [], EMPTY_BALANCE) };
  }
}

/** Which reservations have holds on accounts of a scope: all that are open, and the latest that have ended. */
export class PartedReservations {
  readonly #open = new Map<string, PartedReservation>();
  #round = this.#open.entries();
  /** Those that ended since the latest turn, and those of the turn before. */
  #young = new Map<string, PartedReservation>();
  #old = new Map<string, PartedReservation>();
  #turnedAt = Number.NEGATIVE_INFINITY;
  #attempts = 0;

  /** @param mostEnded how many of those that have ended are remembered at most; beyond it the older half goes early */
  constructor(readonly mostEnded: number) {}

  find(id: string): PartedReservation | undefined {
    return this.#open.get(id) ?? this.#young.get(id) ?? this.#old.get(id);
  }

  /** One that is not remembered yet. */
  attempt(request: ReserveRequest): PartedReservation {
    return new PartedReservation(request, `${request.id} ${this.#attempts++}`);
  }

  /** Each new one looks at two others, so nothing ever walks over all of them. */
  add({ id, at }: ReserveRequest, parted: PartedReservation): void {
    for (let looks = 0; looks < 2; looks++) {
      const { value: other, done } = this.#round.next();
      if (done) this.#round = this.#open.entries();
      else if (other[1].forgetAt < at) this.#open.delete(other[0]);
    }
    this.#open.set(id, parted);
  }

  extend(ids: readonly string[], ttlMs: number, at: number): void {
    for (const id of ids) {
      const parted = this.#open.get(id);
      if (parted !== undefined) parted.forgetAt = at + ttlMs + KEPT_MS;
    }
  }

  /** It is remembered for ten minutes more, for replays and corrections. */
  end(id: string, at: number): void {
    const parted = this.#open.get(id);
    if (parted === undefined) return;
    if (at - this.#turnedAt > KEPT_MS || this.#young.size >= this.mostEnded / 2) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#turnedAt = at;
    }
    this.#open.delete(id);
    this.#young.set(id, parted);
    parted.accounts = undefined;
  }

  delete(id: string): void {
    this.#open.delete(id);
  }
}

/** Keeps no call's scope alive. */
function weakly({ key, owner }: AccountRef): () => AccountRef | undefined {
  const scope = new WeakRef(owner as object);
  return () => {
    const found = scope.deref();
    return found && { key, owner: found };
  };
}
