import type { AccountRef, Balance, RememberedAccount } from '../ledger/ledger.js';

/** As many share a ledger as far as a process can tell that has never seen it. */
const UNSEEN_PROCESSES = 10;

/** What this process last saw of each account, and of how many processes share the ledger. */
export class LastSeen {
  readonly #shared = new Map<string, RememberedAccount>();
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

  /** One balance for each account; none where the ledger does not say them. */
  note(accounts: readonly AccountRef[], balances: readonly Balance[] | undefined): void {
    balances?.forEach((balance, index) => {
      const account = accounts[index];
      if (account !== undefined) this.#note(account, balance);
    });
  }

  #note(account: AccountRef, balance: Balance): void {
    const { key, owner } = account;
    if (owner !== undefined) {
      const accounts = this.#owned.get(owner) ?? new Map<string, Balance>();
      this.#owned.set(owner, accounts.set(key, balance));
      return;
    }
    this.#shared.delete(key);
    this.#shared.set(key, { account, balance });
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
