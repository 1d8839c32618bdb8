import { askLedger, type Booking, bookCharge, type ChargedCall, settleBooking, tellCharge } from './book-charge.js';
import type { Call, Parts } from './call.js';
import type { Basis } from './charge.js';
import type { Timer } from './clock.js';
import { jobPhase } from './edenai/jobs.js';
import type { Rank } from './ledger/ledger.js';
import { then } from './maybe.js';
import type { CallEnd } from './metered-call.js';
import type { Nanos } from './money.js';
import type { Plan } from './plan.js';

/** A job or a video that a call of this process started. */
interface StartedJob {
  readonly id: string;
  call: ChargedCall;
  readonly plan: Plan;
  readonly end: CallEnd;
  expiry: Timer | undefined;
  /** What is booked for it, once something is: a later truth corrects it. */
  booked: { readonly chargeId: string; readonly amount: Nanos; readonly rank: Rank } | undefined;
}

/** Settled jobs are remembered for a correction, and unknown ones so that they are told of once. */
const REMEMBERED = 10_000;

const RANKS: readonly Rank[] = ['expired', 'estimated', 'rated', 'reported'];

/** The reservation of a job, under an id that every process knows that sees the job. */
const reservationOf = (jobId: string): string => `job:${jobId}`;

/**
 * Jobs cost when they end, and are read many times, by any request and any process: one charge, on the request that
 * started them. Their reservation is kept under the job's own id until then.
 */
export class Jobs {
  readonly #started = new Map<string, StartedJob>();
  readonly #unknown = new Set<string>();

  constructor(private readonly parts: () => Parts) {}

  /** Takes over the reservation of a call that started a job. False when it did not. */
  start(call: Call, plan: Plan, end: CallEnd): boolean {
    const { id } = end.facts;
    const starts = call.kind.operation === 'job' || call.kind.operation === 'video';
    if (!starts || id === undefined || end.kind !== 'complete' || !succeeded(end)) return false;
    const { clock, settings } = this.parts();
    if (this.#started.has(id)) {
      // a cached answer names the job that an earlier call started
      if (plan.holds.length > 0) askLedger(this.parts(), () => this.parts().ledger.release(call.id, clock.now()));
      return true;
    }
    const { kind, facts, scope, startedAt } = call;
    const kept: ChargedCall = { id: call.id, kind, facts, scope, startedAt }; // not the request: it may be 16 MiB
    const job: StartedJob = { id, call: kept, plan, end, booked: undefined, expiry: undefined };
    job.expiry = clock.after(settings.jobTtlMs, () => this.#expire(job));
    this.#remember(job);
    this.#hold(job);
    call.scope?.addPending(call.facts.model);
    this.parts().counters.pending();
    if (hasEnded(end)) this.#settle(job, end);
    return true;
  }

  /** Reads what a poll says of a job. */
  poll(jobId: string, call: Call, end: CallEnd): void {
    if (!succeeded(end) || !hasEnded(end)) return;
    const job = this.#started.get(jobId);
    if (job !== undefined) this.#settle(job, end);
    else this.#settleForeign(jobId, call, end);
  }

  stop(): void {
    for (const { expiry } of this.#started.values()) expiry?.cancel();
  }

  /** The job's own reservation first, and never denied: the room that it takes is what the call holds. */
  #hold({ id, call, plan }: StartedJob): void {
    if (plan.holds.length === 0) return;
    const parts = this.parts();
    const { ledger, clock, settings } = parts;
    const holds = plan.holds.map((hold) => ({ ...hold, enforce: false }));
    askLedger(parts, () =>
      then(ledger.reserve({ id: reservationOf(id), at: clock.now(), ttlMs: settings.jobTtlMs, holds }), () =>
        ledger.release(call.id, clock.now()),
      ),
    );
  }

  #settle(job: StartedJob, end: CallEnd): void {
    const { cost } = end.facts;
    const isByok = end.facts.isByok || job.end.facts.isByok; // polls do not say it
    job.expiry?.cancel();
    if (cost.kind !== 'amount') this.#book(job, end, job.plan.estimate, 'estimated', 'estimated');
    else if (isByok) this.#book(job, end, 0, 'external', 'reported');
    else this.#book(job, end, cost.nanos, cost.nanos === 0 ? 'free' : 'reported', 'reported');
  }

  /** Nobody came back: charged at its estimate, unless another process with this ledger has settled it. */
  #expire(job: StartedJob): void {
    const { id, call, plan, end } = job;
    const parts = this.parts();
    const guess: Booking = {
      amount: plan.estimate,
      basis: 'estimated',
      rank: 'expired',
      job: { id, reservation: reservationOf(id) },
    };
    then(settleBooking(parts, call, plan, guess), (result) => {
      if (job.booked !== undefined) return; // polled while the ledger was asked
      const { applied, previous = guess.amount } = result;
      const isSettled = !applied && previous !== guess.amount;
      const booking: Booking = isSettled
        ? { ...guess, amount: previous, basis: previous === 0 ? 'free' : 'reported', rank: 'reported' }
        : guess;
      const charge = tellCharge(parts, call, plan, end, booking, result);
      job.booked = { chargeId: charge.id, amount: booking.amount, rank: booking.rank };
    });
  }

  /** Books what is surer than what stands; a repeated poll changes nothing. */
  #book(job: StartedJob, end: CallEnd, amount: Nanos, basis: Basis, rank: Rank): void {
    const { id, call, plan, booked } = job;
    if (booked !== undefined) {
      const surer = RANKS.indexOf(rank) - RANKS.indexOf(booked.rank);
      if (surer < 0 || (surer === 0 && booked.amount === amount)) return;
    }
    const corrects = booked && { id: booked.chargeId, amount: booked.amount };
    const charge = bookCharge(this.parts(), call, plan, end, {
      amount,
      basis,
      rank,
      job: { id, reservation: reservationOf(id), ...(corrects && { corrects }) },
    });
    job.booked = { chargeId: booked?.chargeId ?? charge.id, amount, rank };
    // what Eden AI reported is final: the incoming request need not be remembered any longer
    if (rank === 'reported') job.call = { ...call, scope: undefined };
  }

  /** A job of another process: a shared ledger knows its reservation; any other has nothing to charge it to. */
  #settleForeign(jobId: string, call: Call, { facts }: CallEnd): void {
    const parts = this.parts();
    const { ledger, clock, events } = parts;
    if (facts.cost.kind !== 'amount' || this.#unknown.has(jobId)) return;
    const amount = facts.isByok ? 0 : facts.cost.nanos;
    askLedger(parts, () =>
      then(ledger.settle(reservationOf(jobId), amount, { rank: 'reported', at: clock.now() }), ({ known }) => {
        if (known || this.#unknown.has(jobId)) return;
        if (this.#unknown.size >= REMEMBERED) this.#unknown.clear();
        this.#unknown.add(jobId);
        const message = 'A job was read that nobody with this ledger started: its cost is not on any budget';
        events.emit('error', { problem: 'job-unknown', message, operation: call.kind.operation });
      }),
    );
  }

  #remember(job: StartedJob): void {
    this.#started.set(job.id, job);
    if (this.#started.size <= REMEMBERED) return;
    const [oldest] = this.#started.values();
    if (oldest === undefined) return;
    oldest.expiry?.cancel();
    this.#started.delete(oldest.id);
  }
}

const succeeded = ({ status }: CallEnd): boolean => status >= 200 && status < 300;

const hasEnded = ({ facts }: CallEnd): boolean => {
  const phase = jobPhase(facts.status);
  return phase === 'succeeded' || phase === 'failed';
};
