import { type Ledger, memoryLedger } from '@eden-cost/core';

/** A ledger that cannot be asked. */
export function brokenLedger(): Ledger {
  const fail = () => {
    throw new Error('connect ECONNREFUSED 10.0.0.1:6379');
  };
  return Object.assign(memoryLedger(), { name: 'broken', reserve: fail, reserveOrWait: fail, balances: fail });
}
