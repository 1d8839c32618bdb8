import type { Nanos } from '../money.js';
import { type Account, EMPTY_BALANCE } from './account-book.js';
import { judge } from './admission.js';
import { checkAmount, checkHolds, checkTopUp } from './check-amount.js';
import type {
  AccountRef,
  Balance,
  Crossing,
  Hold,
  ReserveRequest,
  ReserveResult,
  SettleResult,
  TopUp,
  Truth,
} from './ledger.js';
import { Reservation } from './reservation.js';
import { markReached, markSpent, NO_CROSSINGS } from './thresholds.js';

/** Where a ledger keeps accounts and reservations. It answers at once, and what it hands out is changed in place. */
export interface LedgerBook {
  /** Undefined for an account that nobody used. */
  find(account: AccountRef): Account | undefined;
  open(account: AccountRef, at: number): Account;
  /** Open or finished. */
  reservation(id: string): Reservation | undefined;
  add(reservation: Reservation): void;
  /** An open reservation ended, or what had become of a finished one is corrected. */
  finish(reservation: Reservation, at: number): void;
  /** Moves the expiry of a reservation, if it is open. */
  extend(id: string, ttlMs: number, at: number): void;
  /** The open reservation that expires first, if it does by then. */
  expired(at: number): Reservation | undefined;
  /** Keeps the note, and tops the account up by it; false when the account has it already. */
  topUp(account: Account, note: TopUp): boolean;
  /** The notes of an account, the earliest first. */
  topUps(account: AccountRef): readonly TopUp[];
}

/** What a ledger does, in terms of a book: each method is one step of the port, for ledgers that can take it at once. */
export class LedgerRules {
  /** @param changed is told of accounts on which there may be more room, or less */
  constructor(
    readonly book: LedgerBook,
    readonly changed: (accounts: readonly Account[], at: number) => void = () => {},
  ) {}

  reserve(request: ReserveRequest): ReserveResult {
    checkHolds(request);
    this.sweep(request.at);
    return this.decide(request, request.at);
  }

  settle(id: string, amount: Nanos, truth: Truth): SettleResult {
    checkAmount(amount);
    this.sweep(truth.at);
    const record = this.book.reservation(id);
    if (record === undefined) return { applied: false, known: false, overruns: [], crossed: NO_CROSSINGS };
    const { previous } = record;
    if (!record.accepts(truth)) {
      return { applied: false, known: true, previous, overruns: record.accounts.map(() => 0), crossed: NO_CROSSINGS };
    }
    const overruns = record.settle(amount, truth);
    this.book.finish(record, truth.at);
    const crossed: Crossing[] = [];
    for (let index = 0; index < record.accounts.length; index++) {
      markReached(record.accounts[index] as Account, index, record.limits[index] as Nanos, crossed);
    }
    this.changed(record.accounts, truth.at);
    return { applied: true, known: true, previous, overruns, crossed };
  }

  /** A release that comes after the expiry takes back what the expiry charged; one that comes after a settle does nothing. */
  release(id: string, at: number): boolean {
    this.sweep(at);
    const record = this.book.reservation(id);
    if (record === undefined || (record.state !== 'open' && record.state !== 'expired')) return false;
    record.release();
    this.book.finish(record, at);
    this.changed(record.accounts, at);
    return record.held.some((amount) => amount !== 0);
  }

  extend(ids: readonly string[], ttlMs: number, at: number): void {
    this.sweep(at);
    for (const id of ids) this.book.extend(id, ttlMs, at);
  }

  balances(accounts: readonly AccountRef[], at: number): readonly Balance[] {
    this.sweep(at);
    return accounts.map((account) => this.book.find(account)?.balance ?? EMPTY_BALANCE);
  }

  topUp(ref: AccountRef, note: TopUp): void {
    checkTopUp(note);
    this.sweep(note.at);
    const account = this.book.open(ref, note.at);
    if (this.book.topUp(account, note)) this.changed([account], note.at);
  }

  topUps(account: AccountRef, at: number): readonly TopUp[] {
    this.sweep(at);
    return this.book.topUps(account);
  }

  openAll(holds: readonly Hold[], at: number): Account[] {
    const accounts = new Array<Account>(holds.length);
    for (let index = 0; index < holds.length; index++) {
      accounts[index] = this.book.open((holds[index] as Hold).account, at);
    }
    return accounts;
  }

  /** Known ids keep their first answer, all others are judged by the balances. */
  decide(request: ReserveRequest, at: number): ReserveResult {
    const known = request.probe ? undefined : this.book.reservation(request.id);
    if (known !== undefined) return known.answer;
    const accounts = this.openAll(request.holds, at);
    const result = judge(request.holds, accounts);
    if (request.probe) return result;
    if (result.admitted) {
      this.book.add(Reservation.open(request, at, accounts, result));
      return result;
    }
    const { index, reason } = result.refusal;
    if (reason === 'held') return result;
    const { limit, thresholds } = request.holds[index] as Hold;
    const account = accounts[index] as Account;
    account.thresholds = thresholds;
    return { ...result, crossed: markSpent(account, index, limit) };
  }

  /**
   * Settles what has expired. Thresholds that this reaches are not marked here, as the caller is another call: the next
   * settle on the account reports them.
   */
  sweep(at: number): void {
    for (let first = this.book.expired(at); first !== undefined; first = this.book.expired(at)) {
      first.expire();
      this.book.finish(first, at);
      this.changed(first.accounts, at);
    }
  }
}
