import { join } from 'node:path';
import { ROOT } from '../support/root.js';
import { runNode } from '../support/run-node.js';
import { useStandIn } from '../support/stand-in.js';
import { tempTree } from '../support/temp-tree.js';

const standIn = useStandIn({ costUsd: '0.0123' });

const call = `
const { createMeter } = require(${JSON.stringify(join(ROOT, 'packages/core/dist/cjs/index.js'))});
const url = process.env.EDEN_URL;
const makeMeter = () => createMeter({ baseUrls: [url], rateCard: false, logger: false });
const call = async () => {
  const init = { method: 'POST', body: '{"model":"any","messages":[]}' };
  return (await fetch(url + '/v3/chat/completions', init)).status;
};`;

const PROGRAM = {
  'worker.js': `${call}
    const { parentPort, workerData } = require('node:worker_threads');
    const meter = workerData.hasMeter ? makeMeter() : undefined;
    call().then((status) => parentPort.postMessage({ status, costNanos: meter?.snapshot().costNanos }));`,
  'main.js': `${call}
    const { once } = require('node:events');
    const { Worker } = require('node:worker_threads');
    const meter = makeMeter();
    const inWorker = async (hasMeter) => {
      const worker = new Worker(__dirname + '/worker.js', { workerData: { hasMeter } });
      const [result] = await once(worker, 'message');
      await worker.terminate();
      return result;
    };
    (async () => {
      const workers = [await inWorker(true), await inWorker(false)];
      const status = await call();
      console.log(JSON.stringify({ workers, main: { status, costNanos: meter.snapshot().costNanos } }));
      process.exit();
    })();`,
};

it('a worker thread has a meter of its own, or none: that of the main thread does not see its calls', async () => {
  const folder = tempTree(PROGRAM);
  const { stdout, stderr } = await runNode([join(folder, 'main.js')], {
    env: { ...process.env, EDEN_URL: standIn.eden.url },
  });
  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toEqual({
    workers: [{ status: 200, costNanos: 12_300_000 }, { status: 200 }],
    main: { status: 200, costNanos: 12_300_000 },
  });
  expect(standIn.eden.books().charges).toHaveLength(3);
});
