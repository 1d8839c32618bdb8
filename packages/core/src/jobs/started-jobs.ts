import type { ChargedCall } from '../book-charge.js';
import type { Timer } from '../clock.js';
import type { BaseUrl } from '../edenai/base-url.js';
import type { AccountRef, Rank } from '../ledger/ledger.js';
import type { CallEnd } from '../metered-call.js';
import type { Nanos } from '../money.js';
import type { Plan } from '../plan.js';

/** A job or a video that a call of this process started. */
export interface StartedJob {
  readonly id: string;
  /** Where it was started: no other host knows it. */
  readonly baseUrl: BaseUrl | undefined;
  call: ChargedCall;
  plan: Plan;
  /** The answer that started it. */
  readonly end: CallEnd;
  expiry: Timer | undefined;
  /** What is booked for it, once something is: a later truth corrects it. */
  booked:
    | {
        readonly amount: Nanos;
        readonly rank: Rank;
        /** How it ended, once that is known. */
        readonly phase: 'succeeded' | 'failed' | undefined;
      }
    | undefined;
}

/** The jobs of this process: those that still cost something, and those that are booked, for a correction. */
export class StartedJobs {
  readonly #pending = new Map<string, StartedJob>();
  readonly #booked = new Map<string, StartedJob>();

  /** @param most how many are remembered */
  constructor(private readonly most: number) {}

  get(id: string): StartedJob | undefined {
    return this.#pending.get(id) ?? this.#booked.get(id);
  }

  get pending(): Iterable<StartedJob> {
    return this.#pending.values();
  }

  /** Returns the job that has to go for it, unless one that is booked can go: nothing has been charged for it yet. */
  add(job: StartedJob): StartedJob | undefined {
    this.#pending.set(job.id, job);
    if (this.#pending.size + this.#booked.size <= this.most) return undefined;
    if (takeOldest(this.#booked) !== undefined) return undefined;
    return takeOldest(this.#pending);
  }

  booked(job: StartedJob): void {
    if (this.#pending.delete(job.id)) this.#booked.set(job.id, job);
  }
}

function takeOldest(jobs: Map<string, StartedJob>): StartedJob | undefined {
  const [oldest] = jobs.values();
  if (oldest !== undefined) jobs.delete(oldest.id);
  return oldest;
}

/**
 * Eden AI has reported the job's cost: the incoming request need not be remembered longer than it lasts. What it was
 * attributed to stays, for a correction.
 */
export function letGoOfRequest(job: StartedJob): void {
  const { scope, ...call } = job.call;
  if (scope === undefined || call.labels !== undefined) return;
  const labels = scope.labels;
  const request = new WeakRef(scope);
  job.call = {
    ...call,
    labels,
    get scope() {
      const alive = request.deref();
      return alive?.finished ? undefined : alive;
    },
  };
  const { applying, holds } = job.plan;
  job.plan = { ...job.plan, applying: applying.map(withoutOwner), holds: holds.map(withoutOwner) };
}

/** The account of a `request` window holds its scope. */
function withoutOwner<T extends { readonly account: AccountRef }>(one: T): T {
  const { owner: _, ...account } = one.account;
  return { ...one, account };
}
