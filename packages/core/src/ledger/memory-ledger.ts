import { type Clock, systemClock } from '../clock.js';
import type { Nanos } from '../money.js';
import { judge } from './admission.js';
import { checkHolds } from './check-amount.js';
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
import { LedgerRules } from './ledger-rules.js';
import { MemoryBook } from './memory-book.js';
import { WaitingRoom } from './waiting-room.js';

/** What a ledger in memory can be told. */
export interface MemoryLedgerOptions {
  /** Only waiting needs it: every other request says what time it is. Default: the system's. */
  readonly clock?: Clock;
  /**
   * How many finished reservations are remembered for replays and corrections, at about 0.2 kB each. They are kept for
   * ten minutes (or their ttl, if longer); beyond this number the oldest go early. Default 100,000.
   */
  readonly maxFinished?: number;
}

/**
 * A ledger in this process's memory: exact, and all its answers but waiting are there at once. Other processes do not
 * see its balances, and they are gone when the process ends.
 */
export const memoryLedger = (options: MemoryLedgerOptions = {}): MemoryLedger => new MemoryLedger(options);

/** See {@link memoryLedger}. */
export class MemoryLedger implements Ledger {
  readonly name = 'memory';
  readonly shared = false;
  readonly durable = false;
  readonly #book: MemoryBook;
  readonly #rules: LedgerRules;
  readonly #waiting: WaitingRoom;

  constructor({ clock = systemClock, maxFinished = 100_000 }: MemoryLedgerOptions) {
    this.#book = new MemoryBook(maxFinished);
    this.#rules = new LedgerRules(this.#book, (accounts, at) => {
      if (this.#waiting.isEmpty) return;
      for (const account of accounts) this.#waiting.serve(account, at);
    });
    this.#waiting = new WaitingRoom(clock, this.#rules);
  }

  reserve(request: ReserveRequest): ReserveResult {
    return this.#rules.reserve(request);
  }

  /**
   * Who waits for room on an account is served in the order of arrival, whatever the amounts: while somebody waits
   * there, a call that comes later queues behind them even if it would fit, so that a stream of small calls cannot
   * starve a large one. At its time-out each is tried once more, out of turn: none is refused that would fit.
   */
  reserveOrWait(request: ReserveRequest, waitMs: number): MaybePromise<ReserveResult> {
    if (!(waitMs > 0) || request.probe) return this.reserve(request);
    checkHolds(request);
    this.#rules.sweep(request.at);
    if (this.#waiting.isEmpty || this.#book.reservation(request.id) !== undefined) {
      const result = this.#rules.decide(request, request.at);
      if (result.admitted || result.refusal.reason === 'spent') return result;
      return this.#waiting.wait(request, waitMs, result, this.#rules.openAll(request.holds, request.at));
    }
    const accounts = this.#rules.openAll(request.holds, request.at);
    const judged = judge(request.holds, accounts);
    const refused = judged.admitted ? this.#waiting.queueAhead(request.holds, accounts) : judged;
    if (refused === undefined || refused.admitted || refused.refusal.reason === 'spent') {
      return this.#rules.decide(request, request.at);
    }
    return this.#waiting.wait(request, waitMs, refused, accounts);
  }

  settle(id: string, amount: Nanos, truth: Truth): SettleResult {
    return this.#rules.settle(id, amount, truth);
  }

  release(id: string, at: number): boolean {
    this.#rules.sweep(at);
    if (!this.#waiting.isEmpty) this.#waiting.leave(id, at);
    return this.#rules.release(id, at);
  }

  extend(ids: readonly string[], ttlMs: number, at: number): void {
    this.#rules.extend(ids, ttlMs, at);
  }

  balances(accounts: readonly AccountRef[], at: number): readonly Balance[] {
    return this.#rules.balances(accounts, at);
  }

  topUp(account: AccountRef, note: TopUp): void {
    this.#rules.topUp(account, note);
  }

  topUps(account: AccountRef, at: number): readonly TopUp[] {
    return this.#rules.topUps(account, at);
  }

  /** Answers everyone who waits with their refusal, and lets nobody wait any more. */
  close(): void {
    this.#waiting.close();
  }
}
