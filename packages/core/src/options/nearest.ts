const LONGEST = 64;

/**
 * The known name that was probably meant, for "did you mean …?". Case does not count; neither do a few slips
 * (a letter too many, too few, wrong, or two swapped): up to 40 % of the longer name. Else a known name that contains it.
 */
export function nearest(name: string, known: Iterable<string>): string | undefined {
  const meant = name.slice(0, LONGEST).toLowerCase();
  let best: string | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const candidate of known) {
    const text = candidate.slice(0, LONGEST).toLowerCase();
    const slips = slipsBetween(meant, text);
    if (slips >= least || slips > 0.4 * Math.max(meant.length, text.length)) continue;
    best = candidate;
    least = slips;
  }
  return best ?? containing(meant, known);
}

function containing(meant: string, known: Iterable<string>): string | undefined {
  if (meant.length < 3) return undefined;
  for (const candidate of known) {
    if (candidate.toLowerCase().includes(meant)) return candidate;
  }
  return undefined;
}

/** Damerau-Levenshtein distance (optimal string alignment). */
function slipsBetween(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const present = [row];
    for (let column = 1; column <= b.length; column++) {
      const wrong = a[row - 1] === b[column - 1] ? 0 : 1;
      const edits = [at(last, column) + 1, at(present, column - 1) + 1, at(last, column - 1) + wrong];
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (swapped) edits.push(at(beforeLast, column - 2) + 1);
      present.push(Math.min(...edits));
    }
    beforeLast = last;
    last = present;
  }
  return at(last, b.length);
}

const at = (row: readonly number[], column: number): number => row[column] as number;
