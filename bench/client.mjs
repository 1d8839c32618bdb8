// node client.mjs <mode> <url>: for each message it does so many units of a workload, and sends the CPU that one took, and what
// else the workload found. Ends with its parent.
import { MODES } from './modes.mjs';

const [mode, url] = process.argv.slice(2);
const { run, seen } = await MODES[mode](url);
const { WORKLOADS } = await import('./workloads.mjs');

process.on('message', async ({ workload, units }) => {
  const before = process.cpuUsage();
  const found = await run(() => WORKLOADS[workload](url, units));
  const { user, system } = process.cpuUsage(before);
  process.send({ ...found, cpu: (user + system) / units, seen: await seen() });
});
process.on('disconnect', () => process.exit());
process.send('ready');
