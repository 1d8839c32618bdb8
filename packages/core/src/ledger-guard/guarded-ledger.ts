import { type Clock, systemClock } from '../clock.js';
import { OptionsError } from '../errors.js';
import type { AccountRef, Balance, Ledger, MaybePromise, SettleResult, TopUp, Truth } from '../ledger/ledger.js';
import type { Nanos } from '../money.js';
import { Delivery } from './delivery.js';
import { Keeping } from './keeping.js';
import { LastSeen } from './last-seen.js';
import { LedgerLine } from './ledger-line.js';
import { LedgerView } from './ledger-view.js';
import { LocalAdmission } from './local-admission.js';
import type { Booked, LedgerState, MeterLedger, PlannedReserve, Verdict } from './meter-ledger.js';
import { Outbox } from './outbox.js';
import { Recovery, type RecoveryTools } from './recovery.js';
import { Reserving, type ReservingTools } from './reserving.js';

/** Who is told of what the guard does. */
export interface GuardListener {
  readonly changed: RecoveryTools['changed'];
  readonly admitted: ReservingTools['admitted'];
  readonly mistaken: ReservingTools['mistaken'];
  /** So many reservations and settlements will never be on the ledger. */
  dropped(count: number, cause: unknown): void;
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

const UNKNOWN: SettleResult = { applied: false, known: false, overruns: [], crossed: [] };

/**
 * A ledger that may be down, behind a breaker: while it cannot be asked, each budget says who decides, what happened is
 * kept, and the ledger is told of it once it answers again, by the same ids. Only an `OptionsError` is thrown: by a ledger
 * that the app has not set up right.
 */
export class GuardedLedger implements MeterLedger {
  readonly name: string;
  readonly shared: boolean;
  readonly durable: boolean;
  readonly #listener: GuardListener;
  readonly #line: LedgerLine;
  readonly #view: LedgerView;
  readonly #local: LocalAdmission;
  readonly #outbox: Outbox;
  readonly #keeping: Keeping;
  readonly #reserving: Reserving;
  readonly #recovery: Recovery;
  readonly topUps?: Ledger['topUps'];
  #quiet: (() => void)[] = [];

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
    const seen = new LastSeen(maxAccounts, ledger.processes ?? 1);
    const view = new LedgerView(seen);
    const outbox = new Outbox(maxKept);
    const dropped = (cause: unknown) => listener.dropped(1, cause);
    const delivery = new Delivery(ledger, clock, outbox, view, dropped);
    const recover = () => this.#recovery.attempt();
    const failed = (cause: unknown) => this.#recovery.failed(cause);
    const line = new LedgerLine(ledger, { clock, timers, recover, failed }, () => this.#tellQuiet());
    const caughtUp = () => {
      this.#local.forget();
      this.#tellQuiet();
    };
    this.#view = view;
    this.#outbox = outbox;
    this.#line = line;
    this.#local = new LocalAdmission(clock, seen);
    this.#keeping = new Keeping(outbox, line);
    const { changed, admitted, mistaken } = listener;
    this.#reserving = new Reserving({
      ...{ ledger, clock, line, view, local: this.#local, keeping: this.#keeping, admitted, mistaken },
      release: (id) => void this.release(id, clock.now()),
    });
    const latest = () => this.#reserving.latest;
    this.#recovery = new Recovery({ ledger, clock, line, view, outbox, delivery, latest, changed, caughtUp });
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
    this.#local.settle(id, amount, truth);
    if (this.#keeping.wasLetGo(id)) return UNKNOWN;
    if (this.#keeping.mustKeep(id)) return this.#keeping.keepSettle(id, amount, truth, false);
    const failed = (cause: unknown) => {
      if (cause instanceof OptionsError) throw cause;
      return this.#keeping.keepSettle(id, amount, truth, true);
    };
    return this.#line.try(
      () => this.ledger.settle(id, amount, truth),
      (result) => this.#view.settled(id, result),
      failed,
    );
  }

  release(id: string, at: number): MaybePromise<boolean> {
    this.#local.release(id, at);
    if (this.#keeping.wasLetGo(id)) return true;
    const keep = (sent: boolean) => {
      this.#keeping.keep(id, { kind: 'release' }, sent);
      this.#tellQuiet();
      return true;
    };
    if (this.#keeping.mustKeep(id)) return keep(this.#view.isOpen(id));
    const released = (changed: boolean) => {
      this.#view.released(id);
      return changed;
    };
    return this.#line.try(
      () => this.ledger.release(id, at),
      released,
      () => keep(true),
    );
  }

  /** What was missed is made good for once the ledger answers again. */
  extend(ids: readonly string[], ttlMs: number, at: number): MaybePromise<void> {
    this.#local.extend(ids, ttlMs, at);
    const missed = () => this.#recovery.missed(ids, ttlMs);
    if (this.#line.isDown) return missed();
    return this.#line.try(
      () => this.ledger.extend(ids, ttlMs, at),
      () => {},
      missed,
    );
  }

  /** @throws {LedgerUnavailableError} `ERR_COST_LEDGER_UNAVAILABLE` */
  balances(accounts: readonly AccountRef[], at: number): MaybePromise<readonly Balance[]> {
    return this.#line.orUnavailable(
      () => this.ledger.balances(accounts, at),
      (balances) => {
        this.#view.seen.note(accounts, balances);
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
    this.#line.breaker.hurry();
    if (!this.#isQuiet && timeoutMs > 0) {
      await new Promise<void>((resolve) => {
        const timer = Number.isFinite(timeoutMs)
          ? systemClock.after(timeoutMs, resolve, { keepAlive: true })
          : undefined;
        this.#quiet.push(() => {
          timer?.cancel();
          resolve();
        });
      });
    }
    this.#line.breaker.stop();
    if (this.#outbox.size > 0) this.#listener.dropped(this.#outbox.size, this.#line.breaker.cause);
  }

  async close(): Promise<void> {
    this.#line.breaker.stop();
    this.#local.forget();
    await this.ledger.close?.();
  }

  get #isQuiet(): boolean {
    return this.#line.isIdle && this.#outbox.size === 0;
  }

  #tellQuiet(): void {
    if (!this.#isQuiet) return;
    for (const tell of this.#quiet.splice(0)) tell();
  }
}
