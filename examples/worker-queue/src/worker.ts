import { setTimeout as sleep } from 'node:timers/promises';
import type { Meter } from '@eden-cost/core';
import PQueue from 'p-queue';
import type { Logger } from 'pino';
import type { Job } from './job.js';
import { verdictOn } from './verdict.js';

/** Calls `fn` once after `ms`. */
export type After = (ms: number, fn: () => void) => { cancel(): void };

export interface WorkerParts {
  readonly meter: Meter;
  readonly log: Logger;
  readonly work: (job: Job, stopped: AbortSignal) => Promise<void>;
  readonly after: After;
  /** How long no job is tried after Eden AI's own 402. */
  readonly pauseMs: number;
}

/** Runs jobs, each in a scope of its own: a line with its cost, and its tenant's budget. */
export class Worker {
  readonly #queue = new PQueue({ concurrency: 4 });
  readonly #open = new Set<Job>();
  readonly #timers = new Set<{ cancel(): void }>();
  readonly #stopped = new AbortController();
  #takesJobs = true;

  constructor(private readonly parts: WorkerParts) {}

  /** Jobs that are not done: waiting, running, or put back. */
  get open(): readonly Job[] {
    return [...this.#open];
  }

  add(job: Job, priority = 0): void {
    this.#open.add(job);
    // meter.run opens a scope of the job's own, so it does not matter in which context the queue runs this
    if (this.#takesJobs) void this.#queue.add(() => this.#run(job), { priority });
  }

  /** Resolves when no job is waiting or running; some may be put back. */
  idle(): Promise<void> {
    return this.#queue.onIdle();
  }

  /** Takes no more jobs, lets those that run end within `timeoutMs`, and answers with all that are not done. */
  async stop({ timeoutMs }: { timeoutMs: number }): Promise<readonly Job[]> {
    this.#takesJobs = false;
    for (const timer of this.#timers) timer.cancel();
    this.#queue.pause();
    this.#queue.clear();
    await Promise.race([this.#queue.onIdle(), sleep(timeoutMs, undefined, { ref: false })]);
    this.#stopped.abort(); // what still runs makes no further call
    return this.open;
  }

  async #run(job: Job): Promise<void> {
    const { meter, log, work } = this.parts;
    const { id, tenant, kind } = job;
    try {
      await meter.run({ labels: { tenant, job: kind } }, () => work(job, this.#stopped.signal));
      this.#open.delete(job);
      log.info({ id }, 'job done');
    } catch (error) {
      if (!this.#stopped.signal.aborted) this.#putBack(job, error);
    }
  }

  #putBack(job: Job, error: unknown): void {
    const { log, pauseMs } = this.parts;
    const verdict = verdictOn(error);
    if (verdict.kind === 'failed') {
      this.#open.delete(job);
      log.error({ id: job.id, err: error }, 'job failed');
    } else if (verdict.kind === 'later') {
      log.warn({ id: job.id, retryAfterMs: verdict.ms }, 'job put back');
      this.#after(verdict.ms, () => this.add(job));
    } else {
      log.error({ id: job.id, pauseMs }, 'queue paused');
      this.add(job, 1); // the first one when the queue goes on: its call finds out whether there are credits again
      if (!this.#queue.isPaused) this.#after(pauseMs, () => this.#queue.start());
      this.#queue.pause();
    }
  }

  #after(ms: number, fn: () => void): void {
    if (!this.#takesJobs) return;
    const timer = this.parts.after(ms, () => {
      this.#timers.delete(timer);
      fn();
    });
    this.#timers.add(timer);
  }
}
