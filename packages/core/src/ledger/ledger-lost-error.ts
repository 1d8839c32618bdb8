/**
 * What a shared ledger rejects with when its server has lost the balances (flushed, failed over
 * to an empty replica): every answer would start again at nothing spent. `Ledger.restore` makes it work again.
 * Another copy of this package knows it by its code, `ERR_COST_LEDGER_LOST`.
 */
export class LedgerLostError extends Error {
  override readonly name = 'LedgerLostError';
  readonly code = 'ERR_COST_LEDGER_LOST';
}
