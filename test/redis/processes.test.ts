import { sharedBudgetContract } from '../contract/shared-budget-contract.js';
import { describeWithSharedRedis } from '../support/redis-server.js';
import { ledgerOf, useSharedRedis } from './kit.js';

describeWithSharedRedis('processes that share a Redis ledger', () => {
  const redis = useSharedRedis();
  sharedBudgetContract({
    get store() {
      return { redis: redis.address, prefix: redis.prefix };
    },
    open: () => ledgerOf(redis.client, { prefix: redis.prefix }),
  });
});
