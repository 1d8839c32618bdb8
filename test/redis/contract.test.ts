import { redisLedger } from '@eden-cost/redis';
import { Redis } from 'ioredis';
import { ledgerContract } from '../contract/ledger-contract.js';
import { describeWithRedis, type RedisServer, startRedis } from '../support/redis-server.js';

describeWithRedis('Redis', () => {
  let server: RedisServer;
  let client: Redis;
  beforeAll(async () => {
    server = await startRedis();
    client = new Redis({ path: server.path });
  });
  afterAll(async () => {
    client.disconnect();
    await server.close();
  });

  ledgerContract('redis', (clock) => redisLedger(client, { clock, deadlineMs: 10_000 }), { numRuns: 100 });
});
