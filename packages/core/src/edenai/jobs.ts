import { createHash } from 'node:crypto';

/** Where a job or a video stands. Only in an end phase is its `cost` the settled amount. */
export type JobPhase = 'running' | 'succeeded' | 'failed';

/**
 * Every spelling documented, and the usual others (Eden AI wire notes, "Where the cost is"; public page "Create Async Job"). `sucess` is the
 * published enum's own misspelling; `finished` is v2's.
 */
const PHASES: ReadonlyMap<string, JobPhase> = new Map([
  ['processing', 'running'],
  ['pending', 'running'],
  ['queued', 'running'],
  ['in_progress', 'running'],
  ['success', 'succeeded'],
  ['sucess', 'succeeded'],
  ['succeeded', 'succeeded'],
  ['completed', 'succeeded'],
  ['finished', 'succeeded'],
  ['fail', 'failed'],
  ['failed', 'failed'],
  ['error', 'failed'],
  ['cancelled', 'failed'],
  ['canceled', 'failed'],
  ['expired', 'failed'],
]);

/** Reads a job's `status`; `undefined` for one that is not known, which must not end a reservation. */
export const jobPhase = (status: string | undefined): JobPhase | undefined => PHASES.get(status?.toLowerCase() ?? '');

/** An id is kept for as long as its job, and comes from outside. */
const LONGEST_ID = 256;

/** A job's id as an answer or a path writes it; of a longer one its hash, so that no two ids become one. */
export const jobIdOf = (written: string): string =>
  written.length <= LONGEST_ID ? written : createHash('sha256').update(written).digest('hex');
