import { adapterContract } from '../contract/adapters/adapter-contract.js';
import { KOA_CELLS } from '../contract/adapters/cells.js';

adapterContract(KOA_CELLS);
