import type { LedgerFileReason } from '../ledger-file-error.js';

/** Why a batch failed, in the worker. */
export class Failure extends Error {
  constructor(
    readonly reason: LedgerFileReason,
    cause?: unknown,
  ) {
    super(reason, { cause });
  }
}

/** SQLite's primary result codes. */
const REASONS: Readonly<Record<number, LedgerFileReason>> = {
  5: 'locked',
  6: 'locked',
  8: 'read-only',
  10: 'disk',
  11: 'corrupt',
  13: 'full',
  14: 'cannot-open',
  26: 'not-a-database',
};

/** libsql says that it cannot open a file in words alone. */
const CANNOT_OPEN = /Unable to open connection/;

export function failureOf(error: unknown): Failure {
  if (error instanceof Failure) return error;
  const { errcode, rawCode, message } = error as { errcode?: number; rawCode?: number; message?: string };
  const code = (errcode ?? rawCode ?? 0) & 0xff;
  const reason = REASONS[code] ?? (CANNOT_OPEN.test(message ?? '') ? 'cannot-open' : 'failed');
  return new Failure(reason, error);
}
