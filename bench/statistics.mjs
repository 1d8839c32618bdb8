/** Medians over interleaved rounds: on a shared machine only what ran side by side can be compared. */
export const median = (values) => quantile(values, 0.5);

export function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

/** What one mode has more than the other, round by round: what both met in that round is taken off. */
export const added = (values, base) => values.map((value, round) => value - base[round]);

/**
 * How much a mode can seem to add that is the same as bare: the median of a second bare process against the first, and
 * the 95 % interval of such a median (McGill, Tukey and Larsen 1978: 1.57 interquartile ranges by the root of the rounds).
 */
export function noise(control) {
  const range = quantile(control, 0.75) - quantile(control, 0.25);
  return Math.abs(median(control)) + (1.57 * range) / Math.sqrt(control.length);
}
