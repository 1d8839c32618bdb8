import type { Budget } from '@eden-cost/core';

/** What the whole demo may spend, also when it talks to Eden AI itself. */
export const CAP_USD = 0.05;

/** What a tenant may spend a day: a few cheap calls use up what acme may. */
export const TENANT_LIMITS_USD = { acme: 0.0001, globex: 0.001 };

export const BUDGETS: Budget[] = [
  {
    name: 'tenant-daily',
    limitUsd: ({ labels }) => TENANT_LIMITS_USD[labels.tenant as keyof typeof TENANT_LIMITS_USD],
    window: 'day',
    by: 'tenant',
    estimateUsd: 0.00002,
  },
  { name: 'one-request', limitUsd: 0.01, window: 'request' },
  { name: 'demo-cap', limitUsd: CAP_USD, window: 'total' },
];
