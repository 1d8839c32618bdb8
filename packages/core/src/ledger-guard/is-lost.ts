/** True for a `LedgerLostError`, also one of another copy of this package. */
export const isLost = (cause: unknown): boolean =>
  typeof cause === 'object' && cause !== null && (cause as { code?: unknown }).code === 'ERR_COST_LEDGER_LOST';
