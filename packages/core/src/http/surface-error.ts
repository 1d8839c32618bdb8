import { type DenialError, type DenialStatus, denialError, statusMadeWith } from '../denial.js';
import { CostError, LedgerUnavailableError } from '../errors.js';
import { findDenial, isAnsweredByApp, read } from './find-denial.js';

/** By what was raised, and by itself: frameworks hand the same error over more than once. */
const surfaced = new WeakMap<object, DenialError>();

/**
 * The error that a framework is to see instead of the one that was raised: a typed one with the configured status, whose
 * `cause` is the original. `undefined` when the error has nothing to do with a denial, or is the app's own answer to one: then it
 * stays what it is.
 *
 * The original is replaced, never decorated: frameworks copy an error's headers to the client, and an SDK's are those of
 * Eden AI's answer. Its stack is one line, because Express sends the stack to the client in development.
 */
export function surfaceError(error: unknown, status: DenialStatus = {}): DenialError | undefined {
  const known = surfaced.get(error as object);
  if (known !== undefined && known === error) return known;
  const denial = findDenial(error);
  if (denial === undefined && error instanceof LedgerUnavailableError) return surfaceUnread(error, status);
  if (denial === undefined || isAnsweredByApp(error)) return undefined;
  const own = statusByApp(error as object);
  const statuses = own === undefined ? status : { budget: own, held: own, credits: own, ledger: own };
  const typed = denialError(denial, statuses, error);
  if (known?.status === typed.status) return known;
  typed.stack = `${typed.name}: ${typed.message}`;
  surfaced.set(typed, typed).set(error as object, typed);
  return typed;
}

/** No call was denied: what the handler asked the ledger itself could not be answered. */
function surfaceUnread(error: LedgerUnavailableError, status: DenialStatus): DenialError {
  const typed = new LedgerUnavailableError({
    status: status.ledger ?? error.status,
    headers: error.headers,
    cause: error,
  });
  typed.stack = `${typed.name}: ${typed.message}`;
  surfaced.set(typed, typed).set(error, typed);
  return typed;
}

/** The status that the app wrote on a client's error before it passed it on: a client's own is that of the 402. */
function statusByApp(error: object): number | undefined {
  const status = read(error, 'status') ?? read(error, 'statusCode');
  const made = error instanceof CostError ? statusMadeWith(error) : 402;
  const isError = typeof status === 'number' && Number.isInteger(status) && status >= 400 && status <= 599;
  return isError && made !== undefined && status !== made ? status : undefined;
}
