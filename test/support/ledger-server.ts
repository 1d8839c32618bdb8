import {
  type AccountRef,
  type Balance,
  type Ledger,
  LedgerLostError,
  memoryLedger,
  type ReserveRequest,
  type ReserveResult,
  type SettleResult,
} from '@eden-cost/core';
import { type LentLedger, ledgerAt, lendLedger } from '../processes/ledger-over-http.js';

/** `cut-off`: every connection breaks. `frozen`: nothing is answered. `read-only`: nothing is written. */
export type ServerState = 'up' | 'cut-off' | 'frozen' | 'read-only';

/** However slow the machine: what fails says so, and needs no deadline. */
const DEADLINE_MS = 10_000;

/** A ledger behind a real HTTP server, which fails as servers do. */
export class LedgerServer {
  #state: ServerState = 'up';
  #ledger = memoryLedger();
  #isLost = false;
  #thaw = () => {};
  #thawed: Promise<void> = Promise.resolve();

  private constructor(private lent: LentLedger | undefined) {}

  static async start(processes = 1): Promise<LedgerServer> {
    const server = new LedgerServer(undefined);
    server.lent = await lendLedger(server.#ledgerOf(processes), async (method) => {
      if (server.#state === 'frozen') await server.#thawed;
      if (server.#state === 'cut-off') return 'cut';
      if (server.#state === 'read-only' && method !== 'balances') throw new Error('READONLY You cannot write');
      if (server.#isLost && method !== 'restore') throw new LedgerLostError('The epoch key is gone');
      return undefined;
    });
    return server;
  }

  /** As an app would have it. One that freezes needs a `deadlineMs`. */
  client(facts: Partial<Ledger> = {}): Ledger {
    const methods = ['reserve', 'settle', 'release', 'extend', 'balances', 'topUp', 'restore'] as const;
    return ledgerAt(this.url, { deadlineMs: DEADLINE_MS, methods, processes: 1, ...facts });
  }

  get url(): string {
    return this.lent?.url ?? '';
  }

  go(state: ServerState): void {
    this.#state = state;
    this.#thaw();
    if (state !== 'frozen') return;
    this.#thawed = new Promise((resolve) => {
      this.#thaw = resolve;
    });
  }

  /** Forgets all balances. */
  flush(): void {
    this.#ledger = memoryLedger();
    this.#isLost = true;
  }

  balance(key: string): Balance {
    return this.#ledger.balances([{ key }], Date.now())[0] as Balance;
  }

  async close(): Promise<void> {
    this.go('cut-off');
    await this.lent?.close();
  }

  /** A ledger in memory that says balances, as one that can be lost has to. */
  #ledgerOf(processes: number): Ledger {
    const balances = (accounts: readonly AccountRef[]) => this.#ledger.balances(accounts, Date.now());
    const held = new Map<string, readonly AccountRef[]>();
    return {
      name: 'server',
      shared: true,
      durable: false,
      reserve: (request: ReserveRequest): ReserveResult => {
        const accounts = request.holds.map(({ account }) => account);
        const result = this.#ledger.reserve(request);
        held.set(request.id, accounts);
        return result.admitted ? { ...result, balances: balances(accounts), processes } : result;
      },
      settle: (id, amount, truth): SettleResult => ({
        ...this.#ledger.settle(id, amount, truth),
        balances: balances(held.get(id) ?? []),
      }),
      release: (id, at) => this.#ledger.release(id, at),
      extend: (ids, ttlMs, at) => this.#ledger.extend(ids, ttlMs, at),
      balances,
      topUp: (account, note) => this.#ledger.topUp(account, note),
      restore: (remembered, at) => {
        this.#isLost = false;
        for (const { account, balance } of remembered) {
          const amount = balance.settled - (balances([account])[0] as Balance).settled;
          if (amount <= 0) continue;
          const id = `restored:${account.key}:${at}`;
          const hold = { account, amount, limit: 0, enforce: false, thresholds: [] };
          this.#ledger.reserve({ id, at, ttlMs: 1_000, holds: [hold] });
          this.#ledger.settle(id, amount, { rank: 'reported', at });
        }
      },
    };
  }
}

/** A ledger server for each test of a file. */
export function useLedgerServer(): { readonly server: LedgerServer } {
  let started: LedgerServer | undefined;
  beforeEach(async () => {
    started = await LedgerServer.start();
  });
  afterEach(() => started?.close());
  return {
    get server() {
      if (started === undefined) throw new Error('The ledger server runs while a test does');
      return started;
    },
  };
}
