// npm run bench: ratios against peers in the same run, as a table and as JSON.
import { writeFileSync } from 'node:fs';
import { callRows } from './calls.mjs';
import { memoryLedgerRows } from './memory-ledger.mjs';

const rows = [];
for (const [name, measure] of Object.entries({ 'memory ledger': memoryLedgerRows, calls: callRows })) {
  console.log(`measuring: ${name} ...`);
  rows.push(...(await measure()));
}
console.table(rows.map(({ value, ...rest }) => ({ ...rest, value: Number(value.toFixed(3)) })));
if (process.env.BENCH_JSON) writeFileSync(process.env.BENCH_JSON, `${JSON.stringify(rows, null, 2)}\n`);
