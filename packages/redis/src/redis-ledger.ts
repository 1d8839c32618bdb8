import { randomUUID } from 'node:crypto';
import {
  type AccountRef,
  type Balance,
  checkAmount,
  checkHolds,
  checkTopUp,
  type FinishedReservation,
  type Ledger,
  type RememberedAccount,
  type ReserveRequest,
  type ReserveResult,
  type SettleResult,
  type TopUp,
  type Truth,
  withScopeAccounts,
} from '@eden-cost/core';
import { BoundedCalls } from './bounded-calls.js';
import { type RedisClient, scriptRunner } from './client.js';
import { Heartbeat } from './heartbeat.js';
import { checkOptions, type RedisLedgerOptions } from './options.js';
import { Partition } from './partition.js';
import { Partitions } from './partitions.js';
import { checkServer } from './server-check.js';

const UNKNOWN: SettleResult = { applied: false, known: false, overruns: [], crossed: [] };

/**
 * A ledger in Redis or Valkey: many processes, on many machines, share its balances. `reserve`, `settle`, `release` and
 * `extend` are one script each, so one round trip and one atomic step, over any number of budgets. Accounts of a scope,
 * which no other process can see, stay in this process's memory.
 *
 * @param client one of ioredis 5 or 6, iovalkey, or node-redis 4 to 6, also a cluster's. It stays the app's: the ledger never closes it
 * @throws {OptionsError} `ERR_COST_OPTIONS`
 */
export const redisLedger = (client: RedisClient, options: RedisLedgerOptions = {}): Ledger =>
  withScopeAccounts(new RedisLedger(client, options));

/** Each question goes to the partition that it concerns. */
class RedisLedger implements Ledger {
  readonly name = 'redis';
  readonly shared = true;
  readonly durable = true;
  readonly #partitions: Partitions;
  readonly #heartbeat: Heartbeat;
  readonly deadlineMs: number;
  readonly processes?: number;

  constructor(client: RedisClient, options: RedisLedgerOptions) {
    checkOptions(options);
    const { prefix = 'eden-cost', partition, processes, deadlineMs = 250, clock } = options;
    const calls = new BoundedCalls(deadlineMs);
    const server = { runner: scriptRunner(client), calls, clock, process: randomUUID() };
    this.#partitions = new Partitions(server, prefix, partition);
    this.deadlineMs = deadlineMs;
    if (processes !== undefined) this.processes = processes;
    this.#heartbeat = new Heartbeat(this.#partitions, clock);
  }

  /** Rejects when the server cannot keep the ledger, and warns when it may forget it. */
  async start(lost?: (cause: unknown) => void): Promise<void> {
    if (lost !== undefined) this.#heartbeat.lost = lost;
    await checkServer(this.#partitions.home);
    await this.#heartbeat.beat();
    this.#heartbeat.start();
  }

  async reserve(request: ReserveRequest): Promise<ReserveResult> {
    checkHolds(request);
    const found = this.#partitions.ofAll(request.holds.map(({ account }) => account));
    const partition = found instanceof Partition ? found : await found;
    if (!request.probe) this.#partitions.remember(request.id, partition);
    const result = await partition.reserve(request);
    this.#heartbeat.start();
    if (!result.admitted || request.probe) return result;
    const processes = this.processes ?? this.#heartbeat.processes;
    return processes === undefined ? result : { ...result, processes };
  }

  async settle(id: string, amount: number, truth: Truth): Promise<SettleResult> {
    checkAmount(amount);
    for (const partition of await this.#partitions.ofReservation(id)) {
      const result = await partition.settle(id, amount, truth);
      if (!result.known) continue;
      this.#partitions.remember(id, partition);
      return result;
    }
    return UNKNOWN;
  }

  async release(id: string): Promise<boolean> {
    for (const partition of await this.#partitions.ofReservation(id)) {
      if (!(await partition.release(id))) continue;
      this.#partitions.remember(id, partition);
      return true;
    }
    return false;
  }

  async extend(ids: readonly string[], ttlMs: number): Promise<void> {
    const byPartition = new Map<Partition, string[]>();
    for (const id of ids) {
      for (const partition of await this.#partitions.ofReservation(id)) {
        const some = byPartition.get(partition);
        if (some === undefined) byPartition.set(partition, [id]);
        else some.push(id);
      }
    }
    await Promise.all([...byPartition].map(([partition, some]) => partition.extend(some, ttlMs)));
  }

  async balances(accounts: readonly AccountRef[]): Promise<readonly Balance[]> {
    if (accounts.length === 0) return this.#partitions.home.balances([]);
    const balances = new Array<Balance>(accounts.length);
    const places = await this.#partitions.each(accounts, (account) => account);
    await Promise.all(
      [...places].map(async ([partition, some]) => {
        const found = await partition.balances(some.map((place) => accounts[place] as AccountRef));
        for (const [index, place] of some.entries()) balances[place] = found[index] as Balance;
      }),
    );
    return balances;
  }

  async topUp(account: AccountRef, note: TopUp): Promise<void> {
    checkTopUp(note);
    const partition = await this.#partitions.ofAll([account]);
    await partition.topUp(account, note);
  }

  async topUps(account: AccountRef): Promise<readonly TopUp[]> {
    const partition = await this.#partitions.ofAll([account]);
    return partition.topUps(account);
  }

  async restore(
    remembered: readonly RememberedAccount[],
    _at: number,
    finished: readonly FinishedReservation[] = [],
  ): Promise<void> {
    const places = await this.#partitions.each(remembered, ({ account }) => account);
    const ended = this.#partitions.eachReservation(finished);
    for (const partition of this.#partitions.seen) {
      const some = places.get(partition) ?? [];
      await partition.restore(
        some.map((place) => remembered[place] as RememberedAccount),
        ended.get(partition) ?? [],
      );
    }
  }

  /** The client stays open. */
  async close(): Promise<void> {
    await this.#heartbeat.stop();
  }
}
