import { createInterface } from 'node:readline';
import { pino } from 'pino';
import { createWorker } from './create-worker.js';
import type { Job } from './job.js';

const { EDENAI_API_KEY, EDENAI_BASE_URL } = process.env;
if (!EDENAI_API_KEY) throw new Error('Set EDENAI_API_KEY, or start a stand-in and set EDENAI_BASE_URL to it as well');

const log = pino();
const { worker, meter } = createWorker({
  apiKey: EDENAI_API_KEY,
  log,
  ...(EDENAI_BASE_URL && { baseUrl: EDENAI_BASE_URL }),
});

// standard input stands in for a queue that outlives the process: one job a line, as JSON
const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => worker.add(JSON.parse(line) as Job));

process.once('SIGTERM', async () => {
  log.info('stopping');
  lines.close();
  process.stdin.destroy();
  const left = await worker.stop({ timeoutMs: 10_000 });
  const { unsettled } = await meter.close({ timeoutMs: 5_000 });
  log.info({ left: left.map(({ id }) => id), unsettled }, 'stopped'); // give these back to your queue
  process.exit(); // calls that came to no end would keep the process alive
});
