import { redisLedger } from '@eden-cost/redis';
import { ledgerContract } from '../contract/ledger-contract.js';
import { describeWithSharedRedis } from '../support/redis-server.js';
import { useSharedRedis } from './kit.js';

describeWithSharedRedis('Redis', () => {
  const redis = useSharedRedis();
  const makeLedger: Parameters<typeof ledgerContract>[1] = (clock) =>
    redisLedger(redis.client, { prefix: redis.prefix, clock, deadlineMs: 10_000 });

  ledgerContract('redis', makeLedger, { numRuns: 100 });
});
