import { type AccountRef, type Clock, OptionsError } from '@eden-cost/core';

/** Options of {@link redisLedger}. */
export interface RedisLedgerOptions {
  /**
   * What all keys begin with, in braces: the hash tag that keeps them on one primary of a cluster. Apps that share a
   * server without sharing budgets need different ones. Letters, digits, `_`, `.`, `:` and `-`. Default `'eden-cost'`.
   */
  readonly prefix?: string;
  /**
   * For more calls than one primary of a cluster can take: the partition that an account belongs to, up to 64 of them.
   * All accounts that one call draws on have to be in the same one, or its reserve rejects with an `OptionsError`.
   * Default: all in one.
   */
  readonly partition?: (account: AccountRef) => string;
  /** How many processes share the ledger. Default: those that have been alive in the last 30 seconds, as they say themselves. */
  readonly processes?: number;
  /** How long the server may take to answer, in milliseconds. Default 250. */
  readonly deadlineMs?: number;
  /**
   * Decides what has expired. Default: the server's own time, so that processes whose clocks differ agree. A test gives
   * the clock that it moves by hand.
   */
  readonly clock?: Clock;
}

const KNOWN = ['prefix', 'partition', 'processes', 'deadlineMs', 'clock'];
const PREFIX = /^[\w.:-]{1,100}$/;

/** @throws {OptionsError} naming the option and the fix */
export function checkOptions(options: RedisLedgerOptions): void {
  const { prefix, partition, processes, deadlineMs } = options;
  for (const key of Object.keys(options)) {
    if (!KNOWN.includes(key))
      throw new OptionsError(`${key} is not an option of redisLedger; known are ${KNOWN.join(', ')}`);
  }
  if (prefix !== undefined && !(typeof prefix === 'string' && PREFIX.test(prefix))) {
    throw new OptionsError('prefix must be 1 to 100 letters, digits, "_", ".", ":" or "-"; the braces are added to it');
  }
  if (partition !== undefined && typeof partition !== 'function') {
    throw new OptionsError('partition must be a function that answers an account with the name of its partition');
  }
  if (processes !== undefined && !(Number.isSafeInteger(processes) && processes > 0)) {
    throw new OptionsError('processes must be a whole number of at least 1');
  }
  if (deadlineMs !== undefined && !(typeof deadlineMs === 'number' && deadlineMs > 0 && deadlineMs < 2 ** 31)) {
    throw new OptionsError('deadlineMs must be a number of milliseconds above 0');
  }
}
