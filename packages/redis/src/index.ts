export type { IoredisClient, NodeRedisClient, NodeRedisCluster, RedisClient } from './client.js';
export type { RedisLedgerOptions } from './options.js';
export { redisLedger } from './redis-ledger.js';
