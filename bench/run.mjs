// npm run bench: ratios against peers in the same run, as a table and as JSON. npm run bench -- 2 6 measures these rows only.
import { availableParallelism } from 'node:os';
import { estimateRows } from './estimators.mjs';
import { largeAnswerRows } from './large-answer.mjs';
import { memoryLedgerRows } from './memory-ledger.mjs';
import { meteredCallRows } from './metered-calls.mjs';
import { otherHostRows } from './other-hosts.mjs';
import { redisLedgerRows } from './redis-ledger.mjs';
import { notMeasured, report } from './report.mjs';
import { sqliteLedgerRows } from './sqlite-ledger.mjs';
import { streamRows } from './streams.mjs';
import { throughputRows } from './throughput.mjs';
import { unreadBodyRows } from './unread-body.mjs';

const MEASUREMENTS = [
  { number: '1', name: 'metered calls', measure: meteredCallRows },
  { number: '2', name: 'throughput', measure: throughputRows },
  { number: '3', name: 'streams', measure: streamRows },
  { number: '4', name: 'unread body', measure: unreadBodyRows },
  { number: '5', name: 'large answer', measure: largeAnswerRows },
  { number: '6', name: 'memory ledger', measure: memoryLedgerRows },
  { number: '6s', name: 'SQLite ledger', measure: sqliteLedgerRows },
  { number: '7', name: 'Redis ledger', measure: redisLedgerRows },
  { number: '8', name: 'calls to other hosts', measure: otherHostRows },
  { number: 'estimates', name: 'estimates', measure: estimateRows },
];

const asked = process.argv.slice(2);
const known = MEASUREMENTS.map(({ number }) => number);
const unknown = asked.filter((number) => !known.includes(number));
if (unknown.length > 0) {
  console.error(`There is no row ${unknown.join(', ')}: there are ${known.join(', ')}.`);
  process.exit(2);
}

console.log(`Node ${process.version}, ${availableParallelism()} cores`);
const rows = [];
for (const { number, name, measure } of MEASUREMENTS) {
  if (asked.length > 0 && !asked.includes(number)) continue;
  const startedAt = performance.now();
  process.stdout.write(`measuring row ${number}: ${name} ...`);
  try {
    rows.push(...(await measure()));
  } catch (error) {
    rows.push(notMeasured(number, name, error));
  }
  console.log(` ${Math.round((performance.now() - startedAt) / 1000)} s`);
}
report(rows);
