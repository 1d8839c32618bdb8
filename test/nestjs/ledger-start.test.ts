import { type Ledger, meterInProcess } from '@eden-cost/core';
import { OptionsError } from '@eden-cost/nestjs';
import { brokenLedger } from '../support/broken-ledger.js';
import { useNest } from './kit.js';

const kit = useNest();

const ledgerThat = (error: Error): Ledger =>
  Object.assign(brokenLedger(), { start: async () => Promise.reject(error) });

test('an app does not start with a ledger that cannot work as it is set up', async () => {
  const ledger = ledgerThat(new OptionsError('the server is a read-only replica'));
  await expect(kit.serve({ cost: { ledger } })).rejects.toThrow('read-only replica');
  expect(meterInProcess()).toBeUndefined();
});

test('it does with one that cannot be reached yet, which is then down', async () => {
  await kit.serve({ cost: { ledger: ledgerThat(new Error('connect ECONNREFUSED 10.0.0.1:6379')) } });
  expect(await meterInProcess()?.health()).toMatchObject({ status: 'degraded' });
});
