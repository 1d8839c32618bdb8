// npm run bench: ratios against peers in the same run, as a table and as JSON. npm run bench -- 2 6 measures these rows only.
import { writeFileSync } from 'node:fs';
import { callRows } from './calls.mjs';
import { memoryLedgerRows } from './memory-ledger.mjs';
import { throughputRows } from './throughput.mjs';

const MEASUREMENTS = [
  { name: 'memory ledger', numbers: ['6'], measure: memoryLedgerRows },
  { name: 'calls', numbers: ['1', '8'], measure: callRows },
  { name: 'throughput', numbers: ['2'], measure: throughputRows },
];

const asked = process.argv.slice(2);
const known = MEASUREMENTS.flatMap(({ numbers }) => numbers).sort();
const unknown = asked.filter((number) => !known.includes(number));
if (unknown.length > 0) {
  console.error(`There is no row ${unknown.join(', ')}: there are ${known.join(', ')}.`);
  process.exit(2);
}

const rows = [];
for (const { name, numbers, measure } of MEASUREMENTS) {
  if (asked.length > 0 && !numbers.some((number) => asked.includes(number))) continue;
  console.log(`measuring: ${name} ...`);
  rows.push(...(await measure()));
}
console.table(rows.map(({ value, ...rest }) => ({ ...rest, value: Number(value.toFixed(3)) })));
if (process.env.BENCH_JSON) writeFileSync(process.env.BENCH_JSON, `${JSON.stringify(rows, null, 2)}\n`);
