import { randomUUID } from 'node:crypto';
import {
  type AccountRef,
  type Balance,
  type Clock,
  LedgerLostError,
  type Rank,
  type RememberedAccount,
  type ReserveRequest,
  type ReserveResult,
  type SettleResult,
  type TopUp,
  type Truth,
} from '@eden-cost/core';
import type { BoundedCalls } from './bounded-calls.js';
import type { ScriptRunner } from './client.js';
import { Keys, plain } from './keys.js';
import { BALANCES } from './lua/balances.js';
import { EXTEND } from './lua/extend.js';
import { OPEN } from './lua/open.js';
import { RELEASE } from './lua/release.js';
import { RESERVE } from './lua/reserve.js';
import { RESTORE } from './lua/restore.js';
import { SETTLE } from './lua/settle.js';
import { TOP_UP } from './lua/top-up.js';
import { TOP_UPS } from './lua/top-ups.js';
import { balancesIn, type Reply, reserveResult, settleResult } from './replies.js';
import { bodyOf } from './reservation-body.js';
import type { Script } from './script.js';

const ORDER: Readonly<Record<Rank, string>> = { expired: '0', estimated: '1', rated: '2', reported: '3' };
const LOST = -1;
/** A script that restores more accounts at once would keep the server from everything else for too long. */
const RESTORED_AT_ONCE = 500;

/** What a partition asks its server with. */
export interface Server {
  readonly runner: ScriptRunner;
  readonly calls: BoundedCalls;
  /** Instead of the server's own time. */
  readonly clock: Clock | undefined;
}

/** All accounts and reservations under one hash tag: what one script can change in one step. */
export class Partition {
  readonly keys: Keys;
  /** The value of the epoch key that this process knows: with another one, or none, the balances are not those it saw. */
  #epoch: string | undefined;
  #opening: Promise<unknown> | undefined;

  constructor(
    readonly server: Server,
    tag: string,
  ) {
    this.keys = new Keys(tag, server.runner.keyPrefix);
  }

  /** Gets the epoch, and makes one where there is none. Answers the server's time in milliseconds. */
  async open(deadlineMs?: number): Promise<number> {
    const { runner, calls } = this.server;
    const run = () => runner.run(OPEN, [this.keys.epoch], [randomUUID()]);
    const [epoch, seconds, micros] = (await calls.ask(run, deadlineMs)) as Reply;
    this.#epoch ??= String(epoch);
    return Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000);
  }

  async reserve(request: ReserveRequest): Promise<ReserveResult> {
    const { id, probe = false } = request;
    const args = [plain(id), probe ? '1' : '0', bodyOf(request, this.keys)];
    return reserveResult(await this.#ask(RESERVE, [], args), probe);
  }

  async settle(id: string, amount: number, { rank, at }: Truth): Promise<SettleResult> {
    return settleResult(await this.#ask(SETTLE, [], [plain(id), String(amount), ORDER[rank], String(at)]));
  }

  async release(id: string): Promise<boolean> {
    const [changed] = await this.#ask(RELEASE, [], [plain(id)]);
    return Number(changed) === 1;
  }

  async extend(ids: readonly string[], ttlMs: number): Promise<void> {
    await this.#ask(EXTEND, [], [String(Math.ceil(ttlMs)), ...ids.map(plain)]);
  }

  async balances(accounts: readonly AccountRef[]): Promise<readonly Balance[]> {
    const keys = accounts.map(({ key }) => this.keys.account(key));
    return balancesIn(await this.#ask(BALANCES, keys, []), 1, accounts.length);
  }

  async topUp(account: AccountRef, note: TopUp): Promise<void> {
    const { key } = account;
    const text = JSON.stringify(note);
    const args = [plain(note.id), String(note.amount), text, endOf(account)];
    await this.#ask(TOP_UP, [this.keys.account(key), this.keys.notes(key)], args);
  }

  async topUps({ key }: AccountRef): Promise<readonly TopUp[]> {
    const [, notes] = await this.#ask(TOP_UPS, [this.keys.notes(key)], []);
    const topUps = (notes as unknown[]).map((note) => JSON.parse(String(note)) as TopUp);
    return topUps.sort((one, other) => one.at - other.at || (one.id < other.id ? -1 : 1));
  }

  /** What was reserved is not put back: no reservation is left that a settle could find. */
  async restore(remembered: readonly RememberedAccount[]): Promise<void> {
    let left = remembered;
    do {
      const some = left.slice(0, RESTORED_AT_ONCE);
      left = left.slice(RESTORED_AT_ONCE);
      const keys = some.map(({ account }) => this.keys.account(account.key));
      const args = some.flatMap(({ account, balance }) => [
        endOf(account),
        String(balance.settled),
        String(balance.toppedUp),
      ]);
      const epoch = left.length > 0 ? '' : randomUUID();
      const [current] = await this.#run(RESTORE, epoch, keys, args);
      if (left.length === 0) this.#epoch = String(current);
    } while (left.length > 0);
  }

  async #ask(script: Script, keys: string[], args: string[]): Promise<Reply> {
    return present(await this.#run(script, this.#epoch ?? (await this.#known()), keys, args));
  }

  #run(script: Script, epoch: string, keys: string[], args: string[]): Promise<Reply> {
    const { runner, calls, clock } = this.server;
    const allKeys = [this.keys.epoch, ...keys];
    const allArgs = [epoch, clock === undefined ? '' : String(clock.now()), ...args];
    return calls.ask(() => runner.run(script, allKeys, allArgs)) as Promise<Reply>;
  }

  async #known(): Promise<string> {
    this.#opening ??= this.open().finally(() => {
      this.#opening = undefined;
    });
    await this.#opening;
    return this.#epoch as string;
  }
}

/** @throws {LedgerLostError} when the server has another epoch, or none */
function present(reply: Reply): Reply {
  if (Number(reply[0]) !== LOST) return reply;
  throw new LedgerLostError(
    'The Redis server does not have the balances any more that this process saw in it: it was flushed, or failed over to a server that had none',
  );
}

const endOf = ({ endsAt }: AccountRef): string => (endsAt === undefined ? '0' : String(Math.ceil(endsAt)));
