import cluster from 'node:cluster';
import { once } from 'node:events';
import { type Budget, costAware, createMeter } from '@eden-cost/express';

/** Makes a meter, twice, with the budgets that it is given, or those of a router; as a worker of a cluster if asked to. */
const [where = 'alone', budgets = '[]', ofRouter] = process.argv.slice(2);

async function main(): Promise<void> {
  if (where === 'cluster' && cluster.isPrimary) {
    cluster.setupPrimary({ exec: process.argv[1] as string, args: process.argv.slice(2) });
    await once(cluster.fork(), 'exit');
    return;
  }
  const logger = false;
  for (let made = 0; made < 2; made++) {
    await createMeter({ budgets: JSON.parse(budgets) as Budget[], logger }).close();
  }
  if (ofRouter !== undefined) {
    const costs = costAware({ logger });
    costAware({ budgets: JSON.parse(ofRouter) as Budget[] });
    await costs.meter.close();
  }
}

await main();
if (cluster.isWorker) process.disconnect();
