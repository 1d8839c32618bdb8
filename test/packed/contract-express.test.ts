import { adapterContract } from '../contract/adapters/adapter-contract.js';
import { EXPRESS_CELLS } from '../contract/adapters/cells.js';

adapterContract(EXPRESS_CELLS);
