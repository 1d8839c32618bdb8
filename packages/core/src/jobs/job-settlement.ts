import type { Call } from '../call.js';
import type { Basis } from '../charge.js';
import { jobPhase } from '../edenai/jobs.js';
import type { Rank } from '../ledger/ledger.js';
import type { CallEnd } from '../metered-call.js';
import type { Nanos } from '../money.js';

/** What an answer settles a job at. */
export interface JobSettlement {
  readonly amount: Nanos;
  readonly basis: Basis;
  readonly rank: Rank;
}

export const succeeded = ({ status }: CallEnd): boolean => status >= 200 && status < 300;

/** A job goes on until an answer says that it has ended; a status that is not known says nothing. */
export function hasEnded({ facts }: CallEnd): boolean {
  const phase = jobPhase(facts.status);
  return phase === 'succeeded' || phase === 'failed';
}

/** True for a call whose answer names a job, or a video. */
export const startsJob = ({ kind }: Pick<Call, 'kind'>): boolean =>
  kind.operation === 'job' || kind.operation === 'video';

/** What the answer that starts a job says of a cost is provisional, unless the job has ended with it. */
export const isProvisional = (call: Pick<Call, 'kind'>, end: CallEnd): boolean =>
  startsJob(call) && succeeded(end) && !(end.kind === 'complete' && hasEnded(end));

interface Row {
  readonly when: (end: CallEnd, isByok: boolean) => boolean;
  readonly settle: (end: CallEnd, estimate: Nanos) => JobSettlement;
}

/** What a job that has ended is settled at: the first row that fits. */
const TABLE: readonly Row[] = [
  {
    when: (_, isByok) => isByok,
    settle: () => ({ amount: 0, basis: 'external', rank: 'reported' }),
  },
  {
    when: ({ facts }) => facts.cost.kind === 'amount',
    settle: ({ facts: { cost } }) => {
      const amount = cost.kind === 'amount' ? cost.nanos : 0;
      return { amount, basis: amount === 0 ? 'free' : 'reported', rank: 'reported' };
    },
  },
  {
    // where an answer was cut, its cost may be in what is missing
    when: ({ kind, facts }) => kind === 'complete' && jobPhase(facts.status) === 'failed',
    settle: () => ({ amount: 0, basis: 'free', rank: 'reported' }),
  },
  {
    when: () => true,
    settle: (_, estimate) => ({ amount: estimate, basis: 'estimated', rank: 'estimated' }),
  },
];

/**
 * @param isByok the account's own provider key pays, as this answer says or the one that started the job
 * @param estimate what is booked when nothing better is known, in nanos
 */
export function jobSettlement(end: CallEnd, isByok: boolean, estimate: Nanos): JobSettlement {
  const row = TABLE.find(({ when }) => when(end, isByok)) as Row;
  return row.settle(end, estimate);
}
