import { Worker } from 'node:worker_threads';
import type { Clock } from '@eden-cost/core';
import { LedgerFileError } from './ledger-file-error.js';
import type { Question, Reply, WorkerData } from './messages.js';
import { workerPath } from './worker-path.cjs';

const REST_MS = 1_000;

interface Pending {
  readonly resolve: (reply: Reply) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * The thread that works on the file, so that a busy file or a slow disk never stalls the app's own. It is started with the
 * first batch, and again with a later one after it ended unexpectedly. It keeps the process alive only while it is asked to.
 */
export class LedgerWorker {
  #worker: Worker | undefined;
  #pending: Pending | undefined;
  #isNeeded = false;
  #isClosing = false;
  /** Why there is none, for a second after it crashed: what crashes at each start must not use up the machine. */
  #crash: LedgerFileError | undefined;

  constructor(
    private readonly data: WorkerData,
    private readonly clock: Clock,
  ) {}

  /** One batch at a time. */
  ask(batch: readonly Question[]): Promise<Reply> {
    return new Promise((resolve, reject) => {
      if (this.#crash !== undefined) return reject(this.#crash);
      this.#pending = { resolve, reject };
      this.#worker ??= this.#start();
      this.#worker.postMessage(batch);
    });
  }

  /** Whether the process has to live on for an answer. */
  keepAlive(isNeeded: boolean): void {
    this.#isNeeded = isNeeded;
    if (isNeeded) this.#worker?.ref();
    else this.#worker?.unref();
  }

  /** Lets it close the file, and end. */
  async close(): Promise<void> {
    this.#isClosing = true;
    const worker = this.#worker;
    if (worker === undefined) return;
    worker.ref();
    const ended = new Promise((resolve) => worker.once('exit', resolve));
    worker.postMessage('close');
    await ended;
  }

  #start(): Worker {
    const worker = new Worker(workerPath, {
      name: 'eden-cost-ledger',
      workerData: this.data,
      // The app's own flags and NODE_OPTIONS would load its instrumentation here. Node 22 calls node:sqlite experimental.
      execArgv: ['--disable-warning=ExperimentalWarning'],
      env: {},
    });
    if (!this.#isNeeded) worker.unref();
    let cause: unknown;
    worker.on('message', (reply: Reply) => {
      this.#pending?.resolve(reply);
      this.#pending = undefined;
    });
    worker.on('error', (error) => {
      cause = error;
    });
    worker.on('exit', () => {
      this.#worker = undefined;
      if (!this.#isClosing) this.#crashed(new LedgerFileError(this.data.path, 'crashed', { cause }));
    });
    return worker;
  }

  #crashed(error: LedgerFileError): void {
    this.#crash = error;
    this.clock.after(REST_MS, () => {
      this.#crash = undefined;
    });
    this.#pending?.reject(error);
    this.#pending = undefined;
  }
}
