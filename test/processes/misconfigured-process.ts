import { createMeter, memoryLedger, OptionsError } from '@eden-cost/core';

/** An app whose ledger finds out, after a while, that it cannot work. It does not ask whether it has started. */
const start = async () => {
  throw new OptionsError('the server is a read-only replica');
};
createMeter({ ledger: Object.assign(memoryLedger(), { name: 'redis', reserveOrWait: undefined, start }) });
setInterval(() => {}, 1_000);
