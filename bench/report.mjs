import { writeFileSync } from 'node:fs';

/**
 * One line of the report; without a bound it only informs.
 *
 * @param control the value that a second bare process has where this one has its own: what the machine's noise alone makes
 */
export const row = (what, value, bound, met, control) => ({
  what,
  value,
  ...(control !== undefined && { control }),
  bound: bound ?? '',
  met: bound === undefined ? '' : met ? 'met' : 'NOT met',
});

/** A row that failed does not take the others with it. */
export const notMeasured = (number, name, error) => ({
  what: `${number} ${name}: not measured: ${error.message}`,
  bound: '',
  met: 'NOT met',
});

const COLUMNS = ['value', 'control', 'bound', 'met'];

const shown = (value) => (typeof value === 'number' ? value.toFixed(3) : (value ?? ''));

/** Writes the table to the terminal, and the same as JSON to the file that `BENCH_JSON` names. */
export function report(rows) {
  const table = [['row', ...COLUMNS], ...rows.map((one) => [one.what, ...COLUMNS.map((name) => shown(one[name]))])];
  const widths = table[0].map((_, column) => Math.max(...table.map((line) => line[column].length)));
  for (const line of table)
    console.log(
      line
        .map((cell, column) => cell.padEnd(widths[column]))
        .join('  ')
        .trimEnd(),
    );
  if (process.env.BENCH_JSON) writeFileSync(process.env.BENCH_JSON, `${JSON.stringify(rows, null, 2)}\n`);
}
