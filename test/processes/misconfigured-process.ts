import { createMeter, memoryLedger, OptionsError } from '@eden-cost/core';

/** An app whose ledger finds out, after a while, that it cannot work. It does not ask whether it has started. */
const start = async () => {
  throw new OptionsError('Redis may evict budgets: set maxmemory-policy to noeviction (it is allkeys-lru)');
};
createMeter({ ledger: Object.assign(memoryLedger(), { name: 'redis', reserveOrWait: undefined, start }) });
setInterval(() => {}, 1_000);
