import { parentPort, workerData } from 'node:worker_threads';
import type { Question, WorkerData } from '../messages.js';
import { Batches } from './batches.js';
import { findDriver } from './driver.js';
import { LedgerFile } from './ledger-file.js';

/** The thread that works on the file: it answers one batch after the other, and ends when it is told `'close'`. */
async function work(data: WorkerData): Promise<void> {
  const file = new LedgerFile(data, await findDriver());
  const batches = new Batches(file, data);
  parentPort?.on('message', (message: readonly Question[] | 'close') => {
    if (message !== 'close') {
      parentPort?.postMessage(batches.reply(message));
      return;
    }
    batches.close();
    parentPort?.close();
  });
}

void work(workerData as WorkerData);
