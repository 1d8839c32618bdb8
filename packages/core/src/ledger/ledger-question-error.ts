/**
 * What a ledger that works rejects with when it cannot do what one question asks for (a key that holds something else).
 * It concerns that question alone: a call is denied for it, and what books a call is told again for some minutes, as the cause may
 * go. Any other error means that the ledger is down.
 * Another copy of this package knows it by its code, `ERR_COST_LEDGER_QUESTION`.
 */
export class LedgerQuestionError extends Error {
  override readonly name = 'LedgerQuestionError';
  readonly code = 'ERR_COST_LEDGER_QUESTION';
}
