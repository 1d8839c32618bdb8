import type { Balance, ReserveResult, SettleResult } from '@eden-cost/core';

/** An answer without what only a shared ledger adds to it, for comparing it with the model's. */
export function bare<T extends ReserveResult | SettleResult>(answer: T): T {
  const { balances, processes, ...rest } = answer as T & { balances?: unknown; processes?: unknown };
  return rest as T;
}

/** For each hold, the balance after it: where the ledger says so. */
export const toldBalances = (answer: ReserveResult | SettleResult): readonly Balance[] | undefined =>
  'balances' in answer ? answer.balances : undefined;
