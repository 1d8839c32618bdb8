/** The file that the ledger's thread runs. */
export declare const workerPath: string;
