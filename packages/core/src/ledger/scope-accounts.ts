import { then } from '../maybe.js';
import { EMPTY_BALANCE } from './account-book.js';
import type {
  AccountRef,
  Balance,
  Ledger,
  MaybePromise,
  RememberedAccount,
  ReserveRequest,
  ReserveResult,
  SettleResult,
  TopUp,
  Truth,
} from './ledger.js';
import { type MemoryLedger, memoryLedger } from './memory-ledger.js';
import { merge, mergeIndexed, moved, type Parted, part, pick } from './parted.js';

type Admitted = Extract<ReserveResult, { admitted: true }>;
type Refused = Extract<ReserveResult, { admitted: false }>;

/** A reservation that has holds on accounts of a scope; those are `here`. */
interface PartedReservation extends Parted {
  /** Its id here. A refused attempt uses one up, as the ledger here would answer to it as it did before. */
  readonly ownId: string;
  readonly accounts: readonly (() => AccountRef | undefined)[];
  forgetAt: number;
}

/** As long as the ledger here remembers what is finished. */
const KEPT_MS = 600_000;

/**
 * For a ledger whose store is elsewhere: the accounts that belong to a scope (`AccountRef.owner`) live in this process, as
 * long as that object, and the ledger is asked for all others. A reservation that names both is admitted on both or on
 * neither. Calls never wait in it: `reserveOrWait` is absent.
 */
export const withScopeAccounts = (ledger: Ledger): Ledger => new ScopeAccounts(ledger);

class ScopeAccounts implements Ledger {
  readonly name: string;
  readonly shared: boolean;
  readonly durable: boolean;
  readonly deadlineMs?: number;
  readonly processes?: number;
  readonly topUps?: Ledger['topUps'];
  readonly #own: MemoryLedger = memoryLedger();
  readonly #parted = new Map<string, PartedReservation>();
  #round = this.#parted.entries();
  #attempts = 0;

  constructor(readonly ledger: Ledger) {
    this.name = ledger.name;
    this.shared = ledger.shared;
    this.durable = ledger.durable;
    if (ledger.deadlineMs !== undefined) this.deadlineMs = ledger.deadlineMs;
    if (ledger.processes !== undefined) this.processes = ledger.processes;
    if (ledger.topUps === undefined) return;
    this.topUps = (account, at) =>
      account.owner === undefined ? (ledger.topUps?.(account, at) ?? []) : this.#own.topUps(account, at);
  }

  start(): MaybePromise<void> {
    return this.ledger.start?.();
  }

  reserve(request: ReserveRequest): MaybePromise<ReserveResult> {
    if (!request.holds.some(({ account }) => account.owner)) return this.ledger.reserve(request);
    const known = request.probe ? undefined : this.#parted.get(request.id);
    const parted = known ?? this.#part(request);
    const own = this.#own.reserve({ ...request, id: parted.ownId, holds: pick(request.holds, parted.here) });
    const others = { ...request, holds: pick(request.holds, parted.there) };
    if (!own.admitted) return this.#refuse(own, others, parted);
    if (known !== undefined || request.probe) return this.#reserveThere(own, others, parted);
    this.#remember(request, parted);
    return this.#reserveThere(own, others, parted, () => this.#giveBack(request, parted));
  }

  settle(id: string, amount: number, truth: Truth): MaybePromise<SettleResult> {
    const parted = this.#parted.get(id);
    if (parted === undefined) return this.ledger.settle(id, amount, truth);
    const own = this.#own.settle(parted.ownId, amount, truth);
    return then(this.ledger.settle(id, amount, truth), (other) => ({
      ...other,
      overruns: merge(parted, own.overruns, other.overruns, 0),
      crossed: mergeIndexed(parted, own.crossed, other.crossed),
      ...(other.balances && { balances: this.#balancesAfter(parted, other.balances, truth.at) }),
    }));
  }

  release(id: string, at: number): MaybePromise<boolean> {
    const parted = this.#parted.get(id);
    const changed = parted !== undefined && this.#own.release(parted.ownId, at);
    return then(this.ledger.release(id, at), (changedThere) => changed || changedThere);
  }

  extend(ids: readonly string[], ttlMs: number, at: number): MaybePromise<void> {
    const parted = ids.flatMap((id) => this.#parted.get(id) ?? []);
    for (const each of parted) each.forgetAt = at + ttlMs + KEPT_MS;
    this.#own.extend(
      parted.map(({ ownId }) => ownId),
      ttlMs,
      at,
    );
    return this.ledger.extend(ids, ttlMs, at);
  }

  balances(accounts: readonly AccountRef[], at: number): MaybePromise<readonly Balance[]> {
    const parted = part(accounts, ({ owner }) => owner !== undefined);
    return then(this.ledger.balances(pick(accounts, parted.there), at), (found) =>
      merge(parted, this.#own.balances(pick(accounts, parted.here), at), found, EMPTY_BALANCE),
    );
  }

  topUp(account: AccountRef, note: TopUp): MaybePromise<void> {
    return account.owner === undefined ? this.ledger.topUp(account, note) : this.#own.topUp(account, note);
  }

  restore(remembered: readonly RememberedAccount[], at: number): MaybePromise<void> {
    const others = remembered.filter(({ account }) => account.owner === undefined);
    return this.ledger.restore?.(others, at);
  }

  close(): MaybePromise<void> {
    return this.ledger.close?.();
  }

  #part({ id, at, ttlMs, holds }: ReserveRequest): PartedReservation {
    const parted = part(holds, ({ account }) => account.owner !== undefined);
    return {
      ...parted,
      ownId: `${id} ${this.#attempts++}`,
      accounts: pick(holds, parted.here).map(({ account }) => weakly(account)),
      forgetAt: at + ttlMs + KEPT_MS,
    };
  }

  /** Each new one looks at two others, so nothing ever walks over all of them. */
  #remember({ id, at }: ReserveRequest, parted: PartedReservation): void {
    for (let looks = 0; looks < 2; looks++) {
      const { value: other, done } = this.#round.next();
      if (done) this.#round = this.#parted.entries();
      else if (other[1].forgetAt < at) this.#parted.delete(other[0]);
    }
    this.#parted.set(id, parted);
  }

  #giveBack({ id, at }: ReserveRequest, { ownId }: PartedReservation): void {
    this.#own.release(ownId, at);
    this.#parted.delete(id);
  }

  /** What is spent is named before what is held, also when it is not here. */
  #refuse(own: Refused, others: ReserveRequest, { here, there }: PartedReservation): MaybePromise<ReserveResult> {
    const refused = refusalOf(own, here);
    if (own.refusal.reason === 'spent' || there.length === 0) return refused;
    return then(this.ledger.reserve({ ...others, probe: true }), (other) =>
      other.admitted || other.refusal.reason === 'held' ? refused : refusalOf(other, there),
    );
  }

  async #reserveThere(
    own: Admitted,
    others: ReserveRequest,
    parted: PartedReservation,
    giveBack: () => void = () => {},
  ): Promise<ReserveResult> {
    try {
      const other = await this.ledger.reserve(others);
      if (other.admitted) return this.#admit(own, other, parted, others.at);
      giveBack();
      return refusalOf(other, parted.there);
    } catch (error) {
      giveBack();
      throw error;
    }
  }

  #admit(own: Admitted, other: Admitted, parted: PartedReservation, at: number): Admitted {
    return {
      ...other,
      exceeded: mergeIndexed(parted, own.exceeded, other.exceeded),
      ...(other.balances && { balances: this.#balancesAfter(parted, other.balances, at) }),
    };
  }

  #balancesAfter(parted: PartedReservation, others: readonly Balance[], at: number): Balance[] {
    const own = parted.accounts.map((account) => {
      const ref = account();
      return (ref && this.#own.balances([ref], at)[0]) ?? EMPTY_BALANCE;
    });
    return merge(parted, own, others, EMPTY_BALANCE);
  }
}

/** Keeps no finished request's scope alive. */
function weakly({ key, owner }: AccountRef): () => AccountRef | undefined {
  const scope = new WeakRef(owner as object);
  return () => {
    const found = scope.deref();
    return found && { key, owner: found };
  };
}

const refusalOf = ({ refusal, crossed }: Refused, to: readonly number[]): Refused => ({
  admitted: false,
  refusal: { ...refusal, index: to[refusal.index] as number },
  crossed: moved(crossed, to),
});
