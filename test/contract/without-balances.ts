import type { Ledger, ReserveResult } from '@eden-cost/core';

/** The same ledger, telling only what every ledger tells: not the balances that a shared one adds to its answers. */
export function withoutBalances(ledger: Ledger): Ledger {
  const bare = (result: ReserveResult): ReserveResult => {
    if (!result.admitted) return result;
    const { balances, processes, ...rest } = result;
    return rest;
  };
  return {
    name: ledger.name,
    shared: ledger.shared,
    durable: ledger.durable,
    reserve: async (request) => bare(await ledger.reserve(request)),
    ...(ledger.reserveOrWait && {
      reserveOrWait: async (request, waitMs) => bare((await ledger.reserveOrWait?.(request, waitMs)) as ReserveResult),
    }),
    async settle(id, amount, truth) {
      const { balances, ...rest } = await ledger.settle(id, amount, truth);
      return rest;
    },
    release: (id, at) => ledger.release(id, at),
    extend: (ids, ttlMs, at) => ledger.extend(ids, ttlMs, at),
    balances: (accounts, at) => ledger.balances(accounts, at),
    topUp: (account, note) => ledger.topUp(account, note),
    close: () => ledger.close?.(),
  };
}
