import { randomUUID } from 'node:crypto';
import { type AccountRef, type Balance, type Ledger, LedgerLostError } from '@eden-cost/core';
import fc from 'fast-check';

const ACCOUNT: AccountRef = { key: 'x' };
const PROCESSES = 3;

interface Spending {
  readonly process: number;
  readonly amount: number;
}

/** What is spent, and what is lost of it: all, or what was spent after as many calls. */
interface Round {
  readonly before: readonly Spending[];
  readonly keeps: number | 'nothing';
  readonly after: readonly Spending[];
}

const spendings = fc.array(fc.record({ process: fc.nat(PROCESSES - 1), amount: fc.integer({ min: 1, max: 100 }) }), {
  minLength: 1,
  maxLength: 4,
});
const rounds = fc.array(
  fc.record({
    before: spendings,
    keeps: fc.oneof(fc.constant('nothing' as const), fc.nat(2)),
    after: spendings,
  }),
  { minLength: 1, maxLength: 2 },
);

/** A server, and how it loses what it has. */
export interface LosingServer {
  /** A ledger on it, as another process would have it. */
  open(): Ledger;
  empty(): Promise<void>;
  /** Takes a copy of what is there now; returns what puts it back. */
  copy(): Promise<() => Promise<void>>;
}

/** One process: a ledger, and what it last saw. */
class Process {
  #seen: Balance | undefined;

  constructor(private readonly ledger: Ledger) {}

  async spend(id: string, amount: number): Promise<void> {
    const at = Date.now();
    const holds = [{ account: ACCOUNT, amount, limit: 1_000_000, enforce: true, thresholds: [] }];
    await this.ask(() => this.ledger.reserve({ id, at, ttlMs: 60_000, holds }));
    const { balances } = await this.ask(() => this.ledger.settle(id, amount, { rank: 'reported', at }));
    this.#seen = balances?.[0];
  }

  /** Also gives back what it saw, if it finds that the ledger has lost it. */
  async balance(): Promise<Balance | undefined> {
    const [balance] = await this.ask(() => this.ledger.balances([ACCOUNT], Date.now()));
    this.#seen = balance;
    return balance;
  }

  async ask<T>(question: () => T | Promise<T>): Promise<T> {
    try {
      return await question();
    } catch (error) {
      if (!(error instanceof LedgerLostError)) throw error;
      const remembered = this.#seen === undefined ? [] : [{ account: ACCOUNT, balance: this.#seen }];
      await this.ledger.restore?.(remembered, Date.now());
      return question();
    }
  }
}

/**
 * Whatever is lost, and in whatever order processes notice it and go on spending: in the end all that was spent is booked.
 */
export async function expectAllGivenBack(server: LosingServer, runs: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(rounds, async (losses) => {
      await server.empty();
      const processes = Array.from({ length: PROCESSES }, () => new Process(server.open()));
      for (const process of processes) await process.balance();
      let spent = 0;
      const spend = async ({ process, amount }: Spending) => {
        spent += amount;
        await processes[process]?.spend(randomUUID(), amount);
      };
      for (const { before, keeps, after } of losses as readonly Round[]) {
        let putBack: (() => Promise<void>) | undefined;
        let notices: Process | undefined;
        for (const [index, each] of before.entries()) {
          if (index === keeps) {
            putBack = await server.copy();
            notices = processes[each.process];
          }
          await spend(each);
        }
        await (putBack ?? server.empty)();
        await notices?.balance();
        for (const each of after) await spend(each);
        for (const process of processes) await process.balance();
        expect(await processes[0]?.balance()).toEqual({ settled: spent, reserved: 0, toppedUp: 0 });
      }
    }),
    { numRuns: runs },
  );
}
