import cluster from 'node:cluster';
import type { ResolvedBudget } from '../budget/budget.js';
import type { Ledger } from '../ledger/ledger.js';
import { warnOnce } from './warnings.js';

const LONG = new Set(['day', 'week', 'month', 'total']);

/** Balances that only this process knows, and forgets at restart, are seldom what a production app wants. */
export function warnOfMemoryLedger(
  { shared, durable }: Pick<Ledger, 'shared' | 'durable'>,
  { window }: ResolvedBudget,
): void {
  if (shared || durable || window === 'request') return;
  const { env } = process;
  const many = cluster.isWorker || env.NODE_APP_INSTANCE !== undefined || env.KUBERNETES_SERVICE_HOST !== undefined;
  const lasting = env.NODE_ENV === 'production' && LONG.has(window);
  if (!many && !lasting) return;
  warnOnce(
    'WARN_COST_MEMORY_LEDGER',
    'The budgets of Eden Cost are counted in the memory of this process only: other processes do not see them, and a ' +
      'restart forgets them. Give the option `ledger` a shared or durable one.',
  );
}
