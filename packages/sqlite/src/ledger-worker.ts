import { Worker } from 'node:worker_threads';
import { LedgerFileError } from './ledger-file-error.js';
import type { Question, Reply, WorkerData } from './messages.js';
import { workerPath } from './worker-path.cjs';

interface Pending {
  readonly resolve: (reply: Reply) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * The thread that works on the file, so that a busy file or a slow disk never stalls the app's own. It is started with the
 * first batch, and again with the next one after it ended unexpectedly. It keeps the process alive only while it is asked to.
 */
export class LedgerWorker {
  #worker: Worker | undefined;
  #pending: Pending | undefined;
  #isNeeded = false;

  constructor(private readonly data: WorkerData) {}

  /** One batch at a time. */
  ask(batch: readonly Question[]): Promise<Reply> {
    return new Promise((resolve, reject) => {
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
      this.#pending?.reject(new LedgerFileError(this.data.path, 'crashed', { cause }));
      this.#pending = undefined;
    });
    return worker;
  }
}
