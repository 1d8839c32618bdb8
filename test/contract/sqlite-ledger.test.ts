import { join } from 'node:path';
import type { Ledger } from '@eden-cost/core';
import { sqliteLedger } from '@eden-cost/sqlite';
import { tempTree } from '../support/temp-tree.js';
import { ledgerContract } from './ledger-contract.js';
import { withoutBalances } from './without-balances.js';

/** One thread for all tests: on a slow machine each takes a while to start, and the file may take longer than a call would wait. */
let ledger: Ledger;
beforeAll(() => {
  ledger = sqliteLedger(join(tempTree(), 'budgets.db'), { deadlineMs: 20_000 });
});
afterAll(() => ledger.close?.());

ledgerContract('sqlite', () => ({ ...withoutBalances(ledger), close: () => {} }), { numRuns: 40 });
