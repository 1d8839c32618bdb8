import { concernsOneQuestion } from './failure.js';

type Table = 'account' | 'reservation' | 'given_back';

const FIXES: Readonly<Record<Table, string>> = {
  account: 'Put its values right, or delete the row: the account then begins at nothing spent.',
  reservation:
    'Put its values right, or delete the row: what it holds then stays in "reserved" of its accounts until you lower that as well.',
  given_back: 'Delete the row.',
};

/** A row that holds something else than the ledger writes: somebody changed it by hand, or something damaged it. */
export class UnreadableRow extends Error {
  constructor(table: Table, key: string, cause: unknown) {
    const why = cause instanceof Error ? cause.message : String(cause);
    super(`The row ${JSON.stringify(key)} of its table "${table}" cannot be read: ${why}. ${FIXES[table]}`, { cause });
  }
}

/**
 * Reads one row, and what its columns hold.
 *
 * @throws {UnreadableRow} for whatever goes wrong with that row alone
 */
export function readRow<T>(table: Table, key: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof UnreadableRow || !concernsOneQuestion(error)) throw error;
    throw new UnreadableRow(table, key, error);
  }
}
