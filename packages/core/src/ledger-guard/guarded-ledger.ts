import type { Clock } from '../clock.js';
import type { AccountRef, Balance, Ledger, MaybePromise, TopUp, Truth } from '../ledger/ledger.js';
import type { Nanos } from '../money.js';
import { Bookings } from './bookings.js';
import { Delivery, type DeliveryTools } from './delivery.js';
import { Keeping } from './keeping.js';
import { LastSeen } from './last-seen.js';
import { LedgerLine } from './ledger-line.js';
import { LedgerView } from './ledger-view.js';
import { LocalAdmission } from './local-admission.js';
import type { Booked, LedgerState, MeterLedger, PlannedReserve, Verdict } from './meter-ledger.js';
import { Outbox } from './outbox.js';
import { Quiet } from './quiet.js';
import { Recovery, type RecoveryTools } from './recovery.js';
import { Reserving, type ReservingTools } from './reserving.js';

/** Who is told of what the guard does. */
export interface GuardListener {
  readonly changed: RecoveryTools['changed'];
  readonly mistaken: ReservingTools['mistaken'];
  /** So many calls, which came to that amount, will never be on the ledger. */
  readonly dropped: DeliveryTools['dropped'];
}

export interface GuardOptions {
  readonly clock: Clock;
  readonly listener: GuardListener;
  /** How many accounts are remembered. */
  readonly maxAccounts: number;
  /** How many reservations are kept for later. Default 100,000. */
  readonly maxKept?: number;
  /** For deadlines. Default: the system's. */
  readonly timers?: Clock;
}

/**
 * A ledger that may be down, behind a breaker: while it cannot be asked, each budget says who decides, what happened is
 * kept, and the ledger is told of it once it answers again, by the same ids. Only an error that concerns one question is
 * thrown ({@link isFaultyQuestion}), and what books a call is then told again for some minutes.
 */
export class GuardedLedger implements MeterLedger {
  readonly name: string;
  readonly shared: boolean;
  readonly durable: boolean;
  readonly topUps?: Ledger['topUps'];
  readonly #listener: GuardListener;
  readonly #line: LedgerLine;
  readonly #view: LedgerView;
  readonly #local: LocalAdmission;
  readonly #outbox: Outbox;
  readonly #delivery: Delivery;
  readonly #quiet: Quiet;
  readonly #reserving: Reserving;
  readonly #bookings: Bookings;
  readonly #recovery: Recovery;

  constructor(
    private readonly ledger: Ledger,
    { clock, listener, maxAccounts, maxKept = 100_000, timers }: GuardOptions,
  ) {
    this.name = ledger.name;
    this.shared = ledger.shared;
    this.durable = ledger.durable;
    this.#listener = listener;
    if (ledger.topUps !== undefined) {
      this.topUps = (account, at) =>
        this.#line.orUnavailable(
          () => ledger.topUps?.(account, at) ?? [],
          (notes) => notes,
        );
    }
    const { changed, mistaken, dropped } = listener;
    const view = new LedgerView(new LastSeen(maxAccounts, ledger.processes));
    const local = new LocalAdmission(clock, view.seen);
    const outbox = new Outbox(maxKept);
    const quiet = new Quiet(() => line.isIdle && outbox.size === 0);
    const line: LedgerLine = new LedgerLine(
      ledger,
      {
        ...{ clock, timers },
        recover: () => this.#recovery.attempt(),
        failed: (cause) => this.#recovery.failed(cause),
      },
      () => quiet.tell(),
    );
    const tools = { ledger, clock, line, view, local, outbox, quiet, keeping: new Keeping(outbox, line), mistaken };
    this.#delivery = new Delivery({ ...tools, dropped });
    this.#view = view;
    this.#local = local;
    this.#outbox = outbox;
    this.#quiet = quiet;
    this.#line = line;
    this.#reserving = new Reserving({ ...tools, release: (id) => void this.release(id, clock.now()) });
    this.#bookings = new Bookings({ ...tools, missed: (ids, ttlMs) => this.#recovery.missed(ids, ttlMs) });
    this.#recovery = new Recovery({
      ...tools,
      delivery: this.#delivery,
      latest: () => this.#reserving.latest,
      changed,
      caughtUp: () => {
        local.forget();
        quiet.tell();
      },
    });
  }

  get state(): LedgerState {
    return this.#recovery.state;
  }

  get kept(): number {
    return this.#outbox.size;
  }

  start(): MaybePromise<void> {
    return this.#line.start();
  }

  reserve(request: PlannedReserve): MaybePromise<Verdict> {
    return this.reserveOrWait(request, 0);
  }

  reserveOrWait(request: PlannedReserve, waitMs: number, isGivenUp?: () => boolean): MaybePromise<Verdict> {
    return this.#reserving.reserveOrWait(request, waitMs, isGivenUp);
  }

  settle(id: string, amount: Nanos, truth: Truth): MaybePromise<Booked> {
    return this.#bookings.settle(id, amount, truth);
  }

  release(id: string, at: number): MaybePromise<boolean> {
    return this.#bookings.release(id, at);
  }

  extend(ids: readonly string[], ttlMs: number, at: number): MaybePromise<void> {
    return this.#bookings.extend(ids, ttlMs, at);
  }

  /** @throws {LedgerUnavailableError} `ERR_COST_LEDGER_UNAVAILABLE` */
  balances(accounts: readonly AccountRef[], at: number): MaybePromise<readonly Balance[]> {
    const asked = this.#view.seen.turn;
    return this.#line.orUnavailable(
      () => this.ledger.balances(accounts, at),
      (balances) => {
        this.#view.seen.note(accounts, balances, asked);
        return balances;
      },
    );
  }

  /** @throws {LedgerUnavailableError} `ERR_COST_LEDGER_UNAVAILABLE`: then it may be repeated with the same note */
  topUp(account: AccountRef, note: TopUp): MaybePromise<void> {
    return this.#line.orUnavailable(
      () => this.ledger.topUp(account, note),
      () => {},
    );
  }

  async flush(timeoutMs: number): Promise<void> {
    const { breaker } = this.#line;
    this.#delivery.hurry();
    breaker.hurry();
    await this.#quiet.wait(timeoutMs);
    breaker.stop();
    const { size, amount } = this.#outbox;
    if (size > 0) this.#listener.dropped(size, amount, breaker.cause);
  }

  async close(timeoutMs = Number.POSITIVE_INFINITY): Promise<void> {
    this.#line.breaker.stop();
    this.#local.forget();
    await this.#line.end(timeoutMs);
  }
}
