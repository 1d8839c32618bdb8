import {
  type AccountRef,
  type Balance,
  type FinishedReservation,
  type RememberedAccount,
  type ReserveRequest,
  type ReserveResult,
  type SettleResult,
  type TopUp,
  type Truth,
} from '@eden-cost/core';
import { Keys, plain } from './keys.js';
import { BALANCES } from './lua/balances.js';
import { EXTEND } from './lua/extend.js';
import { LOOK } from './lua/look.js';
import { RELEASE } from './lua/release.js';
import { RESERVE } from './lua/reserve.js';
import { SETTLE } from './lua/settle.js';
import { TOP_UP } from './lua/top-up.js';
import { TOP_UPS } from './lua/top-ups.js';
import { Questions, type Server } from './questions.js';
import { balancesIn, reserveResult, settleResult } from './replies.js';
import { reserveArgs } from './reserve-args.js';
import { endOf, RANKS } from './stored.js';
import { WayBack } from './way-back.js';

/** All accounts and reservations under one hash tag: what one script can change in one step. */
export class Partition {
  readonly keys: Keys;
  readonly #questions: Questions;
  readonly #wayBack: WayBack;

  constructor(
    readonly server: Server,
    tag: string,
  ) {
    this.keys = new Keys(tag);
    this.#questions = new Questions(server, this.keys);
    this.#wayBack = new WayBack(this.#questions);
  }

  /** Gets the epoch, and makes one where there is none. Answers the server's time in milliseconds. */
  open(deadlineMs?: number): Promise<number> {
    return this.#questions.open(deadlineMs);
  }

  /** Without a deadline: what it did after that of whoever asks has to be told, to be given back. */
  async reserve(request: ReserveRequest): Promise<ReserveResult> {
    const keys = request.holds.map(({ account }) => this.keys.account(account.key));
    return reserveResult(await this.#questions.askPatiently(RESERVE, keys, reserveArgs(request)), request.probe);
  }

  async settle(id: string, amount: number, { rank, at }: Truth): Promise<SettleResult> {
    return settleResult(
      await this.#questions.askPatiently(SETTLE, [], [plain(id), String(amount), RANKS[rank], String(at)]),
    );
  }

  async release(id: string): Promise<boolean> {
    const [changed] = await this.#questions.ask(RELEASE, [], [plain(id)]);
    return Number(changed) === 1;
  }

  async extend(ids: readonly string[], ttlMs: number): Promise<void> {
    await this.#questions.ask(EXTEND, [], [String(Math.ceil(ttlMs)), ...ids.map(plain)]);
  }

  async balances(accounts: readonly AccountRef[]): Promise<readonly Balance[]> {
    const keys = accounts.map(({ key }) => this.keys.account(key));
    return balancesIn(await this.#questions.ask(BALANCES, keys, []), 1, accounts.length);
  }

  /** Rejects with a `LedgerLostError` if the balances are not those any more that this process saw. */
  async look(): Promise<void> {
    await this.#questions.ask(LOOK, [], []);
  }

  async topUp(account: AccountRef, note: TopUp): Promise<void> {
    const { key } = account;
    const text = JSON.stringify(note);
    const args = [plain(note.id), String(note.amount), text, endOf(account)];
    await this.#questions.ask(TOP_UP, [this.keys.account(key), this.keys.notes(key)], args);
  }

  async topUps({ key }: AccountRef): Promise<readonly TopUp[]> {
    const [, notes] = await this.#questions.ask(TOP_UPS, [this.keys.notes(key)], []);
    const topUps = (notes as unknown[]).map((note) => JSON.parse(String(note)) as TopUp);
    return topUps.sort((one, other) => one.at - other.at || (one.id < other.id ? -1 : 1));
  }

  /** What was reserved is not put back. What the server takes for open, and is finished, is closed before it can expire. */
  async restore(remembered: readonly RememberedAccount[], finished: readonly FinishedReservation[]): Promise<void> {
    await this.#wayBack.close(finished);
    await this.#wayBack.restore(remembered);
  }
}
