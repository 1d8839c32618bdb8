import { randomUUID } from 'node:crypto';
import type { ChargeFacts } from './books.js';
import type { CostForm } from './reply-options.js';

/** What a job was started with. */
export interface JobOrder {
  readonly kind: 'universal' | 'video';
  readonly createdAt: number;
  readonly model: string;
  readonly provider: string;
  readonly pollsNeeded: number;
  readonly outcome: 'success' | 'fail';
  /** As the test asked when it started the job; else as the polled endpoint writes it. */
  readonly costAs?: CostForm;
  /** What is billed if it ends well. */
  readonly charge: ChargeFacts;
}

/** A Universal AI job or a video. */
export interface Job extends JobOrder {
  readonly id: string;
  polls: number;
  status: 'processing' | 'success' | 'fail';
}

/** Jobs move on when they are polled, so that a test decides when they end. */
export class Jobs {
  #jobs = new Map<string, Job>();

  start(order: JobOrder): Job {
    const job: Job = { ...order, id: randomUUID(), polls: 0, status: 'processing' };
    this.#jobs.set(job.id, job);
    return job;
  }

  find(id: string | undefined): Job | undefined {
    return this.#jobs.get(id ?? '');
  }

  /** One poll. True when the job ended in success with this very poll: the moment at which it is billed. */
  poll(job: Job): boolean {
    if (job.status !== 'processing') return false;
    job.polls += 1;
    return job.polls > job.pollsNeeded && this.finish(job);
  }

  /** Ends a job. True when it ended well with this. */
  finish(job: Job): boolean {
    if (job.status !== 'processing') return false;
    job.status = job.outcome;
    return job.status === 'success';
  }

  list(): Job[] {
    return [...this.#jobs.values()];
  }

  clear(): void {
    this.#jobs.clear();
  }
}
