import { resolve } from 'node:path';
import { type Clock, OptionsError, systemClock } from '@eden-cost/core';

/** Options of `sqliteLedger`. */
export interface SqliteLedgerOptions {
  /**
   * What no answered change is lost by. `'crash'`: the end of a process, however it ends. `'power-loss'`: the end of the
   * machine too; each transaction then waits for the disk. Either way the file stays intact. Default `'crash'`.
   */
  readonly durability?: 'crash' | 'power-loss';
  /** How long a transaction waits for another process that holds the file, in milliseconds. Default 5,000. */
  readonly busyTimeoutMs?: number;
  /**
   * How long what a call waits for (a reserve, balances) may take, in milliseconds; a reserve that comes through later
   * belongs to its call all the same. What books a call is not given up. Default 250.
   */
  readonly deadlineMs?: number;
  /** How many processes share the file. Default: those that have been alive in the last 30 seconds, as the file has it. */
  readonly processes?: number;
  /** When this process tells the others that it is alive, and starts its thread again. Default: the system's time; for tests. */
  readonly clock?: Clock;
}

export type Settings = Required<Omit<SqliteLedgerOptions, 'processes'>> & {
  /** Absolute. */
  readonly path: string;
  readonly processes: number | undefined;
};

const KNOWN = ['durability', 'busyTimeoutMs', 'deadlineMs', 'processes', 'clock'];

/** @throws {OptionsError} naming the option and the fix */
export function resolveOptions(path: string, options: SqliteLedgerOptions): Settings {
  checkPath(path);
  for (const key of Object.keys(options)) {
    if (KNOWN.includes(key)) continue;
    throw new OptionsError(`${key} is not an option of sqliteLedger; known are ${KNOWN.join(', ')}`);
  }
  const { durability = 'crash', busyTimeoutMs = 5_000, deadlineMs = 250, processes, clock = systemClock } = options;
  if (durability !== 'crash' && durability !== 'power-loss') {
    throw new OptionsError(`durability must be 'crash' or 'power-loss', and not ${String(durability)}`);
  }
  checkMs('busyTimeoutMs', busyTimeoutMs);
  checkMs('deadlineMs', deadlineMs);
  if (processes !== undefined && !(Number.isSafeInteger(processes) && processes > 0)) {
    throw new OptionsError(`processes must be a whole number of at least 1, and not ${processes}`);
  }
  return { path: resolve(path), durability, busyTimeoutMs, deadlineMs, processes, clock };
}

function checkPath(path: string): void {
  if (typeof path === 'string' && path !== '' && !path.startsWith(':') && !path.startsWith('file:')) return;
  throw new OptionsError(
    `sqliteLedger needs the path of a file, such as 'budgets.db', and not ${JSON.stringify(path)}; memoryLedger() of @eden-cost/core needs none`,
  );
}

function checkMs(name: string, ms: number): void {
  if (Number.isSafeInteger(ms) && ms > 0 && ms < 2 ** 31) return;
  throw new OptionsError(`${name} must be a whole number of milliseconds of at least 1, and not ${ms}`);
}
