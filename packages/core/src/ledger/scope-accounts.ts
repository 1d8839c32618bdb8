import { then } from '../maybe.js';
import { EMPTY_BALANCE } from './account-book.js';
import type {
  AccountRef,
  Balance,
  Ledger,
  MaybePromise,
  ReserveRequest,
  ReserveResult,
  SettleResult,
  TopUp,
  Truth,
} from './ledger.js';
import { type MemoryLedger, memoryLedger } from './memory-ledger.js';
import { merge, mergeIndexed, part, pick, type Refused, refusalOf } from './parted.js';
import { type PartedReservation, PartedReservations } from './parted-reservations.js';

type Admitted = Extract<ReserveResult, { admitted: true }>;

/** How many calls that have ended are remembered, for replays and corrections. */
const MOST_ENDED = 100_000;

/**
 * For a ledger whose store is elsewhere: the accounts that belong to a scope (`AccountRef.owner`) live in this process, as
 * long as that object, and the ledger is asked for all others. A reservation that names both is admitted on both or on
 * neither; one that names accounts of a scope alone is answered here, at once. The ledger is told even of that one where
 * none of its holds is enforced: so does a job hold, which another process may settle by its id. Calls never wait in it:
 * `reserveOrWait` is absent.
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
  readonly #parted = new PartedReservations(MOST_ENDED);

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

  start(lost?: (cause: unknown) => void): MaybePromise<void> {
    return this.ledger.start?.(lost);
  }

  reserve(request: ReserveRequest): MaybePromise<ReserveResult> {
    if (!request.holds.some(({ account }) => account.owner)) return this.ledger.reserve(request);
    const known = request.probe ? undefined : this.#parted.find(request.id);
    const parted = known ?? this.#parted.attempt(request);
    const own = this.#own.reserve({ ...request, id: parted.ownId, holds: pick(request.holds, parted.here) });
    const others = { ...request, holds: pick(request.holds, parted.there) };
    if (!own.admitted) return this.#refuse(own, others, parted);
    const isNew = known === undefined && !request.probe;
    if (isNew) this.#parted.add(request, parted);
    if (parted.isHereAlone) return { ...own, ...parted.balancesAfter(this.#own, [], request.at) };
    return this.#reserveThere(own, others, parted, isNew ? () => this.#giveBack(request, parted) : () => {});
  }

  settle(id: string, amount: number, truth: Truth): MaybePromise<SettleResult> {
    const parted = this.#parted.find(id);
    if (parted === undefined) return this.ledger.settle(id, amount, truth);
    const own = this.#own.settle(parted.ownId, amount, truth);
    const settled = (other?: SettleResult): SettleResult => {
      const balances = parted.balancesAfter(this.#own, other?.balances, truth.at);
      this.#parted.end(id, truth.at);
      if (other === undefined) return { ...own, ...balances };
      const overruns = merge(parted, own.overruns, other.overruns, 0);
      return { ...other, overruns, crossed: mergeIndexed(parted, own.crossed, other.crossed), ...balances };
    };
    return parted.isHereAlone ? settled() : then(this.ledger.settle(id, amount, truth), settled);
  }

  release(id: string, at: number): MaybePromise<boolean> {
    const parted = this.#parted.find(id);
    if (parted === undefined) return this.ledger.release(id, at);
    const changed = this.#own.release(parted.ownId, at);
    const released = (changedThere: boolean) => {
      this.#parted.end(id, at);
      return changed || changedThere;
    };
    return parted.isHereAlone ? released(false) : then(this.ledger.release(id, at), released);
  }

  extend(ids: readonly string[], ttlMs: number, at: number): MaybePromise<void> {
    this.#parted.extend(ids, ttlMs, at);
    const parted = ids.map((id) => this.#parted.find(id));
    const own = parted.flatMap((each) => each?.ownId ?? []);
    this.#own.extend(own, ttlMs, at);
    const others = ids.filter((_, index) => !parted[index]?.isHereAlone);
    if (others.length > 0 || ids.length === 0) return this.ledger.extend(others, ttlMs, at);
  }

  balances(accounts: readonly AccountRef[], at: number): MaybePromise<readonly Balance[]> {
    const parted = part(accounts, ({ owner }) => owner !== undefined);
    if (accounts.length > 0 && parted.there.length === 0) return this.#own.balances(accounts, at);
    return then(this.ledger.balances(pick(accounts, parted.there), at), (found) =>
      merge(parted, this.#own.balances(pick(accounts, parted.here), at), found, EMPTY_BALANCE),
    );
  }

  topUp(account: AccountRef, note: TopUp): MaybePromise<void> {
    return account.owner === undefined ? this.ledger.topUp(account, note) : this.#own.topUp(account, note);
  }

  restore(...[remembered, ...more]: Parameters<NonNullable<Ledger['restore']>>): MaybePromise<void> {
    const others = remembered.filter(({ account }) => account.owner === undefined);
    return this.ledger.restore?.(others, ...more);
  }

  close(timeoutMs?: number): MaybePromise<void> {
    return this.ledger.close?.(timeoutMs);
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
    giveBack: () => void,
  ): Promise<ReserveResult> {
    try {
      const other = await this.ledger.reserve(others);
      if (other.admitted) {
        const exceeded = mergeIndexed(parted, own.exceeded, other.exceeded);
        return { ...other, exceeded, ...parted.balancesAfter(this.#own, other.balances, others.at) };
      }
      giveBack();
      return refusalOf(other, parted.there);
    } catch (error) {
      giveBack();
      throw error;
    }
  }
}
