import { randomUUID } from 'node:crypto';
import { askLedger, type ChargedCall, tellForeignCharge } from '../book-charge.js';
import type { Parts } from '../call.js';
import type { CallKind } from '../edenai/classify.js';
import { NO_FACTS } from '../edenai/request-body.js';
import type { SettleResult } from '../ledger/ledger.js';
import { type MaybePromise, then } from '../maybe.js';
import type { CallEnd } from '../metered-call.js';
import { reservationOf } from './job-reservation.js';
import { type JobSettlement, jobSettlement } from './job-settlement.js';

/** The read of a job. */
export type JobRead = Pick<ChargedCall, 'kind' | 'draws'>;

const BYOK: JobSettlement = { amount: 0, basis: 'external', rank: 'reported' };

/** What the read of a job says of the call that started it. */
const operationOf = ({ family }: CallKind) => (family === 'openai' ? 'video' : 'job');

/**
 * Jobs that no call of this process started, as far as is known. The ledger knows those of another process: whoever is
 * the first to tell it of a cost tells the charge, in no scope, since the request that started the job is elsewhere.
 */
export class ForeignJobs {
  /** How those ended that the ledger does not know. The answer that starts one of them may not have been read yet. */
  readonly #unknown = new Map<string, CallEnd>();

  /** @param most how many unknown ones are remembered, so that they are told of once */
  constructor(
    private readonly parts: () => Parts,
    private readonly most: number,
  ) {}

  /** How a job had ended before the answer that started it was read. */
  take(jobId: string): CallEnd | undefined {
    const end = this.#unknown.get(jobId);
    this.#unknown.delete(jobId);
    return end;
  }

  /** Books a job that has ended. True when its cost is booked now, by this read or before. */
  settle(jobId: string, read: JobRead, end: CallEnd): MaybePromise<boolean> {
    const settlement = jobSettlement(end, end.facts.isByok, 0);
    if (settlement.rank !== 'reported') return false;
    const known = (as: JobSettlement) => (result: SettleResult) => this.#charge(jobId, read, end, as, result);
    return this.#ask(reservationOf(jobId), settlement, known(settlement), () =>
      this.#ask(reservationOf(jobId, true), BYOK, known(BYOK), () => this.#tellUnknown(jobId, read, end)),
    );
  }

  #ask(
    reservation: string,
    { amount, rank }: JobSettlement,
    known: (result: SettleResult) => void,
    unknown: () => MaybePromise<boolean>,
  ): MaybePromise<boolean> {
    const parts = this.parts();
    const asked = askLedger(parts, () => parts.ledger.settle(reservation, amount, { rank, at: parts.clock.now() }));
    const hear = (result: SettleResult): MaybePromise<boolean> => {
      if (!result.known) return unknown();
      known(result);
      return true;
    };
    return then(asked, (result) => {
      if (result?.later === undefined) return result === undefined ? false : hear(result);
      result.later.then((settled) => settled && hear(settled));
      return false;
    });
  }

  #charge(
    id: string,
    { kind, draws }: JobRead,
    end: CallEnd,
    settlement: JobSettlement,
    { applied, previous, overruns }: SettleResult,
  ): void {
    if (!applied || previous === settlement.amount) return; // told already
    const call: ChargedCall = {
      id: randomUUID(),
      kind: { ...kind, operation: operationOf(kind) },
      facts: NO_FACTS,
      scope: undefined,
      draws,
      startedAt: this.parts().clock.now(),
    };
    const amount = settlement.amount - (previous ?? 0);
    const booking = { ...settlement, amount, job: { id, reservation: reservationOf(id) } };
    tellForeignCharge(this.parts(), call, end, booking, overruns);
  }

  #tellUnknown(jobId: string, { kind }: JobRead, end: CallEnd): false {
    if (this.#unknown.has(jobId)) return false;
    if (this.#unknown.size >= this.most) this.#unknown.clear();
    this.#unknown.set(jobId, end);
    const message =
      'A job was read that the ledger does not know: it was started without it, ended long ago, or the answer that started it is still on its way. Its cost is not charged here';
    this.parts().events.emit('error', { problem: 'job-unknown', message, operation: kind.operation });
    return false;
  }
}
