import {
  type Budget,
  type BudgetName,
  type CostScope,
  createMeter,
  isBudgetExceeded,
  memoryLedger,
  OptionsError,
} from '@eden-cost/core';

const budgets = [
  {
    name: 'tenant-daily',
    limitUsd: (scope) => (scope.labels.plan === 'team' ? 100 : 1),
    window: 'day',
    by: ['tenant', 'user'],
    thresholds: [0.5, 1],
  },
  { name: 'images', limitUsd: 20, window: 'month', match: (call) => call.operation === 'images' },
] as const satisfies readonly Budget[];

declare module '@eden-cost/core' {
  interface Register {
    budgets: typeof budgets;
  }
}

const meter = createMeter({ budgets, ledger: memoryLedger(), streamUsage: 'leave', waitMs: 0 });
// @ts-expect-error a misspelt option
createMeter({ budget: [] });
// @ts-expect-error a window that does not exist
createMeter({ budgets: [{ name: 'all', limitUsd: 1, window: 'minute' }] });
// @ts-expect-error a limit is a number
createMeter({ budgets: [{ name: 'all', limitUsd: '1', window: 'day' }] });
// @ts-expect-error a budget without a limit
createMeter({ budgets: [{ name: 'all', window: 'day' }] });
// @ts-expect-error a ledger without methods
createMeter({ ledger: {} });

export const name: BudgetName = 'images';
// @ts-expect-error a budget that does not exist
export const misspelt: BudgetName = 'image';

async function spend(costs: CostScope): Promise<number> {
  await costs.check();
  await costs.check({ budget: 'tenant-daily', estimateUsd: 0.5 });
  // @ts-expect-error a misspelt budget
  await costs.check({ budget: 'tenant-dialy' });
  // @ts-expect-error a misspelt budget
  await costs.remaining('tenant-dialy');
  const [left] = await costs.remaining('tenant-daily');
  costs.label('feature', 'summary').label('beta', true).refresh();
  // @ts-expect-error the total is only read
  costs.totalNanos = 0;
  return left?.remainingUsd ?? Number.POSITIVE_INFINITY;
}

export const done: Promise<number> = meter.run({ labels: { job: 'nightly' } }, () =>
  spend(meter.current() as CostScope),
);
// @ts-expect-error outside a request there may be no scope
spend(meter.current());

const note = { actor: 'support', reason: 'ticket 4711' };
export const raised: Promise<void> = meter.topUp('tenant-daily', 'acme', 10, note);
// @ts-expect-error a misspelt budget
meter.topUp('tenant-dialy', 'acme', 10, note);

export const off: () => void = meter.on('threshold', ({ budget, threshold }) => console.log(budget.length, threshold));
// @ts-expect-error an event that does not exist
meter.on('thresholds', () => {});

export function seen(error: unknown): string | undefined {
  if (isBudgetExceeded(error)) return error.budget;
  return error instanceof OptionsError ? error.code : undefined;
}
