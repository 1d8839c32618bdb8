import { CostError } from '@eden-cost/core';

/** Why a ledger's file could not be used. Each is a reason that its `LedgerFileError` explains. */
export type LedgerFileReason =
  | 'cannot-open'
  | 'closed'
  | 'corrupt'
  | 'crashed'
  | 'disk'
  | 'failed'
  | 'full'
  | 'is-a-folder'
  | 'locked'
  | 'network-file-system'
  | 'newer-version'
  | 'no-answer'
  | 'no-driver'
  | 'no-folder'
  | 'not-a-database'
  | 'not-a-ledger'
  | 'read-only';

interface Explanation {
  readonly what: string;
  readonly fix: string;
}

const EXPLANATIONS: Readonly<Record<LedgerFileReason, Explanation>> = {
  'cannot-open': {
    what: 'it cannot be opened',
    fix: 'See that this user may read and write the file and its folder.',
  },
  closed: { what: 'the ledger was closed', fix: 'Make a new one with sqliteLedger().' },
  corrupt: {
    what: 'it is damaged',
    fix: 'Put a copy of it back while no process uses it, or move it away: a new file starts with nothing spent.',
  },
  crashed: {
    what: 'the thread that works on it ended unexpectedly',
    fix: 'Another one is started a second later; whether what was pending was booked is not known.',
  },
  disk: {
    what: 'its disk failed, or a limit on the size of files was met',
    fix: 'The cause says how; nothing was changed.',
  },
  failed: { what: 'SQLite failed', fix: 'The cause says how.' },
  full: { what: 'there is no room on its disk', fix: 'Make room, or raise the quota; nothing was changed.' },
  'is-a-folder': { what: 'it is a folder', fix: "Name a file in it: sqliteLedger('<folder>/budgets.db')." },
  locked: {
    what: 'another process holds it',
    fix: 'Look for a database browser or a backup with an open transaction, or raise busyTimeoutMs.',
  },
  'network-file-system': {
    what: 'it is on a network file system, where SQLite cannot lock it',
    fix: 'Keep it on a local disk; for several machines use @eden-cost/redis.',
  },
  'newer-version': {
    what: 'a newer version of @eden-cost/sqlite wrote it',
    fix: 'Update @eden-cost/sqlite, or use another file.',
  },
  'no-answer': {
    what: 'it did not answer in time',
    fix: 'Another process may hold it, or its disk is slow; deadlineMs says how long to wait.',
  },
  'no-driver': {
    what: 'this Node has no node:sqlite, and the package libsql is not there',
    fix: 'Use Node 22.13 or later, or install it: npm install libsql.',
  },
  'no-folder': {
    what: 'its folder does not exist',
    fix: 'Create the folder; in a container, mount a volume there.',
  },
  'not-a-database': { what: 'it is not an SQLite database', fix: 'Name another file: it was left as it is.' },
  'not-a-ledger': {
    what: 'it is a database of something else',
    fix: 'Name a file of its own for the ledger: it was left as it is.',
  },
  'read-only': {
    what: 'it cannot be written',
    fix: 'See that this user may write the file and its folder, and that the disk is not mounted read-only.',
  },
};

/**
 * What a ledger in a file rejects with when it cannot use the file. `reason` says why, for programs; the message says it
 * for people, with what to do; `cause` has what SQLite said, if it did. Code `ERR_COST_LEDGER_FILE`.
 */
export class LedgerFileError extends CostError {
  protected static override readonly className: string = 'LedgerFileError';
  override readonly name = 'LedgerFileError';
  readonly code = 'ERR_COST_LEDGER_FILE';

  constructor(
    readonly path: string,
    readonly reason: LedgerFileReason,
    options?: ErrorOptions,
  ) {
    const { what, fix } = EXPLANATIONS[reason];
    super(`The ledger's file ${path} cannot be used: ${what}. ${fix}`, options);
  }
}
