import type { Budget } from '@eden-cost/core';

/** What the whole demo may spend, also when it talks to Eden AI itself. */
export const CAP_USD = 0.05;

/** Small, so that a few cheap calls use it up. */
export const TENANT_LIMIT_USD = 0.0001;

export const BUDGETS: Budget[] = [
  { name: 'tenant-daily', limitUsd: TENANT_LIMIT_USD, window: 'day', by: 'tenant', estimateUsd: 0.00002 },
  { name: 'one-request', limitUsd: 0.01, window: 'request' },
  { name: 'demo-cap', limitUsd: CAP_USD, window: 'total' },
];
