import type { Budget } from '@eden-cost/express';
import type { Database } from './db.js';

/** A call has to fit into all that apply: the tenant's month, its team's day, and the request that makes it. */
export function budgetsFrom(db: Database): Budget[] {
  return [
    {
      name: 'plan',
      limitUsd: async ({ labels }) => (await db.limitsOf(labels.tenant)).allUsd,
      fallbackUsd: 1, // while the database does not answer
      window: 'month',
      by: 'tenant',
    },
    // two tenants may both have a team `web`: it takes both labels to tell them apart
    { name: 'team-daily', limitUsd: 5, window: 'day', by: ['tenant', 'team'] },
    { name: 'one-request', limitUsd: 0.25, window: 'request' },
    {
      name: 'images',
      limitUsd: async ({ labels }) => (await db.limitsOf(labels.tenant)).imagesUsd,
      fallbackUsd: 0.1,
      window: 'month',
      by: 'tenant',
      routes: 'named', // only where a route says withBudget('images')
      estimateUsd: 0.042, // what one image costs: a third one of the free plan is denied, and not overspent
    },
  ];
}
