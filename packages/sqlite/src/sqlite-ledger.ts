import { randomUUID } from 'node:crypto';
import {
  type AccountRef,
  type Balance,
  checkAmount,
  checkHolds,
  checkTopUp,
  type FinishedReservation,
  type Ledger,
  NoAnswer,
  OptionsError,
  type RememberedAccount,
  type ReserveRequest,
  type ReserveResult,
  type SettleResult,
  systemClock,
  type Timer,
  type TopUp,
  type Truth,
  withDeadline,
  withScopeAccounts,
} from '@eden-cost/core';
import { LedgerFileError, type LedgerFileReason } from './ledger-file-error.js';
import { LedgerWorker } from './ledger-worker.js';
import type { Answer, Asked, Question } from './messages.js';
import { resolveOptions, type Settings, type SqliteLedgerOptions } from './options.js';
import { QuestionQueue } from './question-queue.js';

/** An idle process is one that may spend at any moment. */
const BEAT_MS = 10_000;

/** Nothing of these passes by itself: the app should not start. */
const HOPELESS: ReadonlySet<LedgerFileReason> = new Set([
  'cannot-open',
  'corrupt',
  'is-a-folder',
  'network-file-system',
  'newer-version',
  'no-driver',
  'no-folder',
  'not-a-database',
  'not-a-ledger',
  'read-only',
]);

/**
 * A ledger in one SQLite file, for the processes of one machine: they share its balances, and the balances outlive them.
 * All work on the file is done in a thread of its own, so each answer is a promise.
 *
 * Needs Node 22.13 or later, or the package `libsql`, which is installed with this one. A file that cannot be used is told
 * at start, by a {@link LedgerFileError}.
 *
 * @param path the file; it is created when there is none. Beside it, SQLite keeps `<path>-wal` and `<path>-shm`
 * @throws {OptionsError} `ERR_COST_OPTIONS`
 */
export function sqliteLedger(path: string, options: SqliteLedgerOptions = {}): Ledger {
  return withScopeAccounts(new SqliteLedger(resolveOptions(path, options)));
}

class SqliteLedger implements Ledger {
  readonly name = 'sqlite';
  readonly shared = true;
  readonly durable = true;
  readonly deadlineMs: number;
  readonly processes?: number;
  readonly #worker: LedgerWorker;
  readonly #queue: QuestionQueue;
  #beat: Timer | undefined;
  #isBeating = false;
  #isClosed = false;

  constructor(private readonly settings: Settings) {
    const { path, durability, busyTimeoutMs, deadlineMs, processes, clock } = settings;
    this.deadlineMs = deadlineMs;
    if (processes !== undefined) this.processes = processes;
    const self = `${process.pid}-${randomUUID()}`;
    this.#worker = new LedgerWorker({ path, durability, busyTimeoutMs, process: self }, clock);
    this.#queue = new QuestionQueue(this.#worker, path);
  }

  /** @throws {OptionsError} for a file that can never be the ledger's; its `cause` is the {@link LedgerFileError} */
  async start(): Promise<void> {
    try {
      await this.#ask({ ask: 'open', at: this.settings.clock.now() });
    } catch (error) {
      if (error instanceof LedgerFileError && HOPELESS.has(error.reason)) {
        throw new OptionsError(error.message, { cause: error });
      }
      throw error;
    }
  }

  async reserve(request: ReserveRequest): Promise<ReserveResult> {
    checkHolds(request);
    const result = await this.#askInTime<'reserve'>({ ask: 'reserve', request: bareRequest(request) });
    const { processes } = this;
    return result.admitted && processes !== undefined ? { ...result, processes } : result;
  }

  async settle(id: string, amount: number, { rank, at }: Truth): Promise<SettleResult> {
    checkAmount(amount);
    return this.#ask<'settle'>({ ask: 'settle', id, amount, truth: { rank, at } });
  }

  async release(id: string, at: number): Promise<boolean> {
    return this.#ask<'release'>({ ask: 'release', id, at });
  }

  async extend(ids: readonly string[], ttlMs: number, at: number): Promise<void> {
    await this.#ask({ ask: 'extend', ids: [...ids], ttlMs, at });
  }

  async balances(accounts: readonly AccountRef[], at: number): Promise<readonly Balance[]> {
    return this.#askInTime<'balances'>({ ask: 'balances', accounts: accounts.map(bareAccount), at });
  }

  async topUp(account: AccountRef, note: TopUp): Promise<void> {
    checkTopUp(note);
    await this.#ask({ ask: 'topUp', account: bareAccount(account), note: { ...note } });
  }

  async topUps(account: AccountRef, at: number): Promise<readonly TopUp[]> {
    return this.#askInTime<'topUps'>({ ask: 'topUps', account: bareAccount(account), at });
  }

  async restore(
    remembered: readonly RememberedAccount[],
    at: number,
    finished: readonly FinishedReservation[] = [],
  ): Promise<void> {
    const bare = remembered.map(({ account, balance }) => ({ account: bareAccount(account), balance: { ...balance } }));
    const ended = finished.map(({ id, amount, truth: { rank, at } }) => ({ id, amount, truth: { rank, at } }));
    await this.#ask({ ask: 'restore', remembered: bare, at, finished: ended });
  }

  /** Answers what was asked before, and lets go of the file; after the time-out only what the thread is at already. */
  async close(timeoutMs = Number.POSITIVE_INFINITY): Promise<void> {
    this.#isClosed = true;
    this.#beat?.cancel();
    const closing = this.#queue.drain().then(() => this.#worker.close());
    if (!Number.isFinite(timeoutMs)) return closing;
    await withDeadline(closing, timeoutMs, systemClock).catch((cause) => {
      if (!(cause instanceof NoAnswer)) throw cause;
      this.#queue.abandon(new LedgerFileError(this.settings.path, 'closed', { cause }));
    });
  }

  async #ask<Name extends Asked>(question: Question & { ask: Name }): Promise<Answer<Name>> {
    if (this.#isClosed) throw new LedgerFileError(this.settings.path, 'closed');
    this.#beat ??= this.#scheduleBeat();
    return (await this.#queue.ask(question)) as Answer<Name>;
  }

  async #askInTime<Name extends Asked>(question: Question & { ask: Name }): Promise<Answer<Name>> {
    const { path, deadlineMs } = this.settings;
    try {
      return await withDeadline(this.#ask<Name>(question), deadlineMs, systemClock);
    } catch (cause) {
      if (!(cause instanceof NoAnswer)) throw cause;
      this.#queue.withdraw(question);
      throw new LedgerFileError(path, 'no-answer', { cause });
    }
  }

  #scheduleBeat(): Timer {
    const { clock } = this.settings;
    return clock.after(BEAT_MS, () => {
      this.#beat = this.#scheduleBeat();
      if (this.#isBeating) return; // the file is busy: they would pile up
      this.#isBeating = true;
      const done = () => {
        this.#isBeating = false;
      };
      this.#queue.ask({ ask: 'beat', at: clock.now() }, false).then(done, done);
    });
  }
}

/** What a thread can be sent: nothing of what else the objects may carry. */
const bareAccount = ({ key, endsAt }: AccountRef): AccountRef => ({ key, ...(endsAt !== undefined && { endsAt }) });

const bareRequest = ({ id, at, ttlMs, holds, probe }: ReserveRequest): ReserveRequest => ({
  id,
  at,
  ttlMs,
  holds: holds.map(({ account, amount, limit, enforce, thresholds }) => ({
    account: bareAccount(account),
    amount,
    limit,
    enforce,
    thresholds: [...thresholds],
  })),
  ...(probe && { probe }),
});
