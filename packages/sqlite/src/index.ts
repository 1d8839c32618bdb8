export { LedgerFileError, type LedgerFileReason } from './ledger-file-error.js';
export type { SqliteLedgerOptions } from './options.js';
export { sqliteLedger } from './sqlite-ledger.js';
