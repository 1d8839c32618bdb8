/** Medians over interleaved rounds: on a shared machine only what ran side by side can be compared. */
export const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
};

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

/** One line of the report; without a bound it only informs. */
export const row = (what, value, bound, met) => ({
  what,
  value,
  bound: bound ?? '',
  met: bound === undefined ? '' : met ? 'met' : 'NOT met',
});
