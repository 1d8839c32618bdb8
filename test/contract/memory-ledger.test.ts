import { memoryLedger } from '@eden-cost/core';
import { ledgerContract } from './ledger-contract.js';

ledgerContract('memory', (clock) => memoryLedger({ clock }), { numRuns: 600 });
