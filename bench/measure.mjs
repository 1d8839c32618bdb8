import { once } from 'node:events';
import { startChild } from './children.mjs';
import { median } from './statistics.mjs';

/**
 * Runs each variant once a round, in turn, and returns its median CPU time in microseconds for one unit of work.
 *
 * @param variants name -> async () => number of units done
 */
export async function interleaved(variants, rounds) {
  const times = Object.fromEntries(Object.keys(variants).map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, run] of Object.entries(variants)) {
      globalThis.gc?.();
      const before = process.cpuUsage();
      const units = await run();
      const { user, system } = process.cpuUsage(before);
      times[name].push((user + system) / units);
    }
  }
  return Object.fromEntries(Object.entries(times).map(([name, values]) => [name, median(values)]));
}

/** Calls after which a client's code does not get any faster: a meter's own takes longer to be compiled than a bare one's. */
export const UNTIL_COMPILED = 40_000;

/**
 * V8 counts bodies in its old generation's limit, which depends on what the process did before: a bare one that holds a few
 * MB more collects thirty times as often, and takes twice the time for 2 MB. With a high limit none does.
 */
const OPTIONS = { execArgv: ['--initial-old-space-size=1024'] };

/**
 * The same workload in a process for each mode, round by round in turn, every other round the other way round.
 *
 * @param modes of `modes.mjs`; the first one is what the others are compared with
 * @param workload of `workloads.mjs`, `over` fetch or http
 * @param size `warmUp`: how much of which workloads comes first; `units` of work in a round, and how many `rounds`
 * @returns for each mode and what its process reports (`cpu`: microseconds for one unit), the value of each round
 */
export async function sideBySide(modes, workload, over, url, { warmUp, units, rounds }) {
  const clients = [];
  try {
    for (const mode of modes) clients.push({ mode, ...(await startChild('./client.mjs', [mode, url], OPTIONS)) });
    for (const client of clients) {
      for (const [name, calls] of Object.entries(warmUp)) await work(client, `${name} over ${over}`, calls);
    }
    const seen = Object.fromEntries(modes.map((mode) => [mode, {}]));
    for (let round = 0; round < rounds; round++) {
      for (const client of round % 2 === 0 ? clients : clients.toReversed()) {
        for (const [what, value] of Object.entries(await work(client, `${workload} over ${over}`, units))) {
          seen[client.mode][what] ??= [];
          seen[client.mode][what].push(value);
        }
      }
    }
    return seen;
  } finally {
    for (const { child } of clients) child.kill();
  }
}

async function work({ mode, child }, workload, units) {
  const ended = new AbortController();
  const onExit = () => ended.abort(new Error(`the process of ${mode} ended while it was measured`));
  child.once('exit', onExit).send({ workload, units });
  const [answer] = await once(child, 'message', { signal: ended.signal });
  child.off('exit', onExit);
  return answer;
}
