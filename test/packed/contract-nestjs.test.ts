import { adapterContract } from '../contract/adapters/adapter-contract.js';
import { NEST_CELLS } from '../contract/adapters/cells.js';

adapterContract(NEST_CELLS);
