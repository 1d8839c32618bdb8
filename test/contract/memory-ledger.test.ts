import { type Ledger, memoryLedger, withScopeAccounts } from '@eden-cost/core';
import { ledgerContract } from './ledger-contract.js';

ledgerContract('memory', (clock) => memoryLedger({ clock }), { numRuns: 600 });

/** As a ledger elsewhere is: calls do not wait in it. */
function withoutWaiting(ledger: Ledger): Ledger {
  const { name, shared, durable } = ledger;
  return {
    name,
    shared,
    durable,
    reserve: (request) => ledger.reserve(request),
    settle: (...settled) => ledger.settle(...settled),
    release: (...released) => ledger.release(...released),
    extend: (...extended) => ledger.extend(...extended),
    balances: (...asked) => ledger.balances(...asked),
    topUp: (...topUp) => ledger.topUp(...topUp),
  };
}

ledgerContract('memory, scopes apart', () => withScopeAccounts(withoutWaiting(memoryLedger())), { numRuns: 50 });
