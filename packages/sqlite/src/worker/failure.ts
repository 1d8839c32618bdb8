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

/** A value that is too big, breaks a constraint, or has the wrong type. */
const OF_ONE_VALUE: ReadonlySet<number> = new Set([18, 19, 20]);

/** libsql says that it cannot open a file in words alone. */
const CANNOT_OPEN = /Unable to open connection/;

/** Undefined for what SQLite has not said. */
function codeOf(error: unknown): number | undefined {
  const { errcode, rawCode } = (error ?? {}) as { errcode?: number; rawCode?: number };
  const code = errcode ?? rawCode;
  return code === undefined ? undefined : code & 0xff;
}

export function failureOf(error: unknown): Failure {
  if (error instanceof Failure) return error;
  const { message } = error as { message?: string };
  const reason = REASONS[codeOf(error) ?? 0] ?? (CANNOT_OPEN.test(message ?? '') ? 'cannot-open' : 'failed');
  return new Failure(reason, error);
}

/** False for what any other question would meet as well, for the file or its disk has failed. */
export function concernsOneQuestion(error: unknown): boolean {
  const code = codeOf(error);
  return !(error instanceof Failure) && (code === undefined || OF_ONE_VALUE.has(code));
}
