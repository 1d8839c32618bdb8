import { OptionsError } from '../errors.js';

/**
 * True for an error that concerns one question: the ledger is not set up right for it (`OptionsError`), an amount is none
 * (`RangeError`), or the ledger says so (`LedgerQuestionError`, also of another copy of this package). Of all others the
 * next question will be answered alike.
 */
export const isFaultyQuestion = (cause: unknown): boolean =>
  cause instanceof OptionsError || cause instanceof RangeError || mayBePutRight(cause);

/** True for one that a ledger says itself: what stands in the way of the question may go (a key that somebody deletes). */
export const mayBePutRight = (cause: unknown): boolean =>
  typeof cause === 'object' && cause !== null && (cause as { code?: unknown }).code === 'ERR_COST_LEDGER_QUESTION';
