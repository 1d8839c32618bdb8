import { askLedger, type Booking, type ChargedCall, settleBooking, tellAtOnce, tellCharge } from '../book-charge.js';
import type { Call, Parts } from '../call.js';
import { type BaseUrl, baseUrlOf } from '../edenai/base-url.js';
import { jobPhase } from '../edenai/jobs.js';
import type { Rank } from '../ledger/ledger.js';
import type { Booked } from '../ledger-guard/meter-ledger.js';
import { isPromise, type MaybePromise, then } from '../maybe.js';
import type { CallEnd } from '../metered-call.js';
import type { Plan } from '../plan.js';
import { ForeignJobs, type JobRead } from './foreign-jobs.js';
import { reservationOf } from './job-reservation.js';
import { hasEnded, type JobSettlement, jobSettlement, startsJob, succeeded } from './job-settlement.js';
import { letGoOfRequest, type StartedJob, StartedJobs } from './started-jobs.js';

const phaseOf = ({ facts }: CallEnd) => (jobPhase(facts.status) === 'failed' ? 'failed' : 'succeeded');

/** Polls have no metadata: what the answer that started the job said is the charge's. */
const withMetadata = (end: CallEnd, { facts: { metadata } }: CallEnd): CallEnd =>
  metadata === undefined ? end : { ...end, facts: { metadata, ...end.facts } };

/** Booked jobs are remembered for a correction, and unknown ones so that they are told of once. */
const REMEMBERED = 10_000;

const RANKS: readonly Rank[] = ['expired', 'estimated', 'rated', 'reported'];

/** Another process with this ledger has read the job before, and told its charge. */
const isToldElsewhere = ({ known, applied, previous }: Booked, { amount, job }: Booking): boolean =>
  known && job?.corrects?.amount !== amount && (!applied || previous === amount);

/**
 * Jobs cost when they end, and are read many times, by any request and any process: one charge, on the request that
 * started them. Their reservation is kept under the job's own id until then.
 */
export class Jobs {
  readonly #started: StartedJobs;
  readonly #foreign: ForeignJobs;

  /** @param most how many jobs are remembered */
  constructor(
    private readonly parts: () => Parts,
    most = REMEMBERED,
  ) {
    this.#started = new StartedJobs(most);
    this.#foreign = new ForeignJobs(parts, REMEMBERED);
  }

  /** Whether an earlier call started it. */
  has(id: string | undefined): boolean {
    return id !== undefined && this.#started.get(id) !== undefined;
  }

  /** Takes over the reservation of a call that started a job, also when its answer broke off later. False when it did not. */
  start(call: ChargedCall & Pick<Call, 'info'>, plan: Plan, end: CallEnd): boolean {
    const { id } = end.facts;
    if (!startsJob(call) || id === undefined || !succeeded(end)) return false;
    if (this.has(id)) {
      this.#release(call.id, plan); // a cached answer names the job that an earlier call started
      return true;
    }
    const { kind, facts, scope, draws, startedAt } = call;
    const kept: ChargedCall = { id: call.id, kind, facts, scope, draws, startedAt }; // not the request: it may be 16 MiB
    const baseUrl = baseUrlOf(this.parts().settings.baseUrls, call.info.url);
    const job: StartedJob = { id, baseUrl, call: kept, plan, end, booked: undefined, expiry: undefined };
    this.#schedule(job);
    const pushedOut = this.#started.add(job);
    if (pushedOut !== undefined) this.#expire(pushedOut);
    this.#hold(job);
    call.scope?.addPending(call.facts.model);
    this.parts().counters.pending();
    const early = this.#foreign.take(id);
    const ended = end.kind === 'complete' && hasEnded(end) ? end : early;
    if (ended !== undefined) this.#settle(job, ended);
    return true;
  }

  /** Reads what a poll says of a job. True when the cost that Eden AI reports for it is booked, by this poll or before. */
  poll(jobId: string, call: JobRead, end: CallEnd): MaybePromise<boolean> {
    if (!succeeded(end) || !hasEnded(end)) return false;
    const job = this.#started.get(jobId);
    if (job === undefined) return this.#foreign.settle(jobId, call, end);
    this.#settle(job, end);
    return this.settled(jobId) !== undefined;
  }

  /** How a job ended whose cost Eden AI has reported; `undefined`: it is not settled, as far as is known here. */
  settled(jobId: string): 'succeeded' | 'failed' | undefined {
    const booked = this.#started.get(jobId)?.booked;
    return booked?.rank === 'reported' ? booked.phase : undefined;
  }

  /** Where a job was started; `undefined` for one of another process. */
  baseUrl(jobId: string): BaseUrl | undefined {
    return this.#started.get(jobId)?.baseUrl;
  }

  stop(): void {
    for (const { expiry } of this.#started.pending) expiry?.cancel();
  }

  #release(callId: string, { holds }: Plan): void {
    const parts = this.parts();
    if (holds.length > 0) askLedger(parts, () => parts.ledger.release(callId, parts.clock.now()));
  }

  #schedule(job: StartedJob): void {
    const { clock, settings } = this.parts();
    job.expiry = clock.after(settings.jobTtlMs, () => this.#expire(job));
  }

  /** A timer holds the async context that it was made in, and with it the scope. */
  #unschedule(job: StartedJob): void {
    job.expiry?.cancel();
    job.expiry = undefined;
  }

  /**
   * The job's own reservation first, and never denied: the room that it takes is what the call holds. A job that the
   * account's own provider key pays for takes none, and neither does one without budgets, which another process finds by it.
   */
  #hold({ id, call, plan, end }: StartedJob): void {
    const parts = this.parts();
    const { ledger, clock, settings } = parts;
    const isHeld = plan.holds.length > 0;
    if (!isHeld && !ledger.shared) return;
    const { isByok } = end.facts;
    const holds = isByok ? [] : plan.holds.map((hold) => ({ ...hold, enforce: false }));
    const request = { id: reservationOf(id, isByok), at: clock.now(), ttlMs: settings.jobTtlMs, holds };
    askLedger(parts, () => then(ledger.reserve(request), () => isHeld && ledger.release(call.id, clock.now())));
  }

  #settle(job: StartedJob, end: CallEnd): void {
    const isByok = end.facts.isByok || job.end.facts.isByok; // polls do not say it
    this.#unschedule(job);
    this.#book(job, withMetadata(end, job.end), jobSettlement(end, isByok, job.plan.estimate));
  }

  /** Nobody came back: charged at its estimate, unless another process with this ledger has settled it. */
  #expire(job: StartedJob): void {
    const { id, call, plan, end } = job;
    const { isByok } = end.facts;
    const parts = this.parts();
    this.#unschedule(job);
    const guess: Booking = {
      amount: isByok ? 0 : plan.estimate,
      basis: isByok ? 'external' : 'estimated',
      rank: 'estimated', // more than the ledger's own expiry, which may have been there first
      job: { id, reservation: reservationOf(id, isByok) },
    };
    then(settleBooking(parts, call, plan, guess), (result) => {
      if (job.booked !== undefined) return; // polled while the ledger was asked
      const { known, applied, previous = guess.amount } = result;
      if (known && !applied) return this.#booked(job, { amount: previous, rank: 'reported' });
      tellCharge(parts, call, plan, end, guess, result);
      this.#booked(job, { amount: guess.amount, rank: 'expired' });
    });
  }

  /** Books what is surer than what stands; a repeated poll changes nothing. */
  #book(job: StartedJob, end: CallEnd, settlement: JobSettlement): void {
    const { id, call, plan, booked } = job;
    if (booked !== undefined) {
      const surer = RANKS.indexOf(settlement.rank) - RANKS.indexOf(booked.rank);
      if (surer < 0 || (surer === 0 && booked.amount === settlement.amount)) return;
    }
    const corrects = booked && { id: call.id, amount: booked.amount };
    const reservation = reservationOf(id, job.end.facts.isByok);
    const booking: Booking = { ...settlement, job: { id, reservation, ...(corrects && { corrects }) } };
    const parts = this.parts();
    const news = then(settleBooking(parts, call, plan, booking), (result) =>
      isToldElsewhere(result, booking) ? undefined : result,
    );
    this.#booked(job, settlement, phaseOf(end));
    // a request that goes on has the price before it has the answer
    if (isPromise(news) && call.scope?.finished === false) tellAtOnce(parts, call, plan, end, booking, news);
    else then(news, (result) => result && tellCharge(parts, call, plan, end, booking, result));
  }

  #booked(job: StartedJob, { amount, rank }: Pick<Booking, 'amount' | 'rank'>, phase?: 'succeeded' | 'failed'): void {
    const { booked, call } = job;
    job.booked = { amount, rank, phase };
    this.#started.booked(job);
    if (rank !== 'reported') return;
    if (booked === undefined && amount > 0) this.parts().learned.add(call, amount);
    letGoOfRequest(job);
  }
}
