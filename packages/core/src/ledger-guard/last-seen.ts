import type { AccountRef, Balance, RememberedAccount } from '../ledger/ledger.js';

/** As many share a ledger as far as a process can tell that has never seen it. */
const UNSEEN_PROCESSES = 10;

interface SeenAccount extends RememberedAccount {
  /** Of its latest answer. */
  readonly turn: number;
}

/** What this process last saw of each account, and of how many processes share the ledger. */
export class LastSeen {
  readonly #shared = new Map<string, SeenAccount>();
  /** Moves on with each answer, and tells which questions were asked before it. */
  turn = 0;
  readonly #owned = new WeakMap<object, Map<string, Balance>>();

  /**
   * @param most how many accounts are remembered; those that were not seen for longest go first
   * @param processes how many processes share the ledger, until it says so itself
   */
  constructor(
    private readonly most: number,
    public processes: number = UNSEEN_PROCESSES,
  ) {}

  of({ key, owner }: AccountRef): Balance | undefined {
    return owner === undefined ? this.#shared.get(key)?.balance : this.#owned.get(owner)?.get(key);
  }

  /**
   * One balance for each account; none where the ledger does not say them.
   *
   * @param asked the {@link turn} when the question was asked
   */
  note(accounts: readonly AccountRef[], balances: readonly Balance[] | undefined, asked: number): void {
    this.turn += 1;
    balances?.forEach((balance, index) => {
      const account = accounts[index];
      if (account !== undefined) this.#note(account, balance, asked);
    });
  }

  #note(account: AccountRef, balance: Balance, asked: number): void {
    const { key, owner } = account;
    if (owner !== undefined) {
      const accounts = this.#owned.get(owner) ?? new Map<string, Balance>();
      this.#owned.set(owner, accounts.set(key, balance));
      return;
    }
    const known = this.#shared.get(key);
    this.#shared.delete(key);
    this.#shared.set(key, {
      account,
      balance: known !== undefined && asked < known.turn ? atLeast(known.balance, balance) : balance,
      turn: this.turn,
    });
    if (this.#shared.size > this.most) this.#shared.delete(this.#shared.keys().next().value as string);
  }

  /**
   * For a ledger that was lost: of windows that are not over at a time. What is open is reserved again by whoever holds it, so
   * nothing counts as reserved.
   */
  remembered(at: number): RememberedAccount[] {
    const remembered: RememberedAccount[] = [];
    for (const { account, balance } of this.#shared.values()) {
      if ((account.endsAt ?? at + 1) > at) remembered.push({ account, balance: { ...balance, reserved: 0 } });
    }
    return remembered;
  }
}

/** Answers of questions that were on their way together come in any order: the older one must not hide what was spent. */
const atLeast = (known: Balance, { settled, toppedUp, reserved }: Balance): Balance => ({
  settled: Math.max(known.settled, settled),
  toppedUp: Math.max(known.toppedUp, toppedUp),
  reserved,
});
