import { sqliteLedger } from '@eden-cost/sqlite';

/** Uses a ledger and lets go of it: with `close` by closing it, else by having nothing else to do. */
const [path = '', ending] = process.argv.slice(2);
const ledger = sqliteLedger(path, { deadlineMs: 20_000 });
const hold = { account: { key: 'x' }, amount: 10, limit: 100, enforce: true, thresholds: [] };
await ledger.reserve({ id: String(process.pid), at: Date.now(), ttlMs: 60_000, holds: [hold] });
// nobody awaits it: the process lives until it is booked
ledger.settle(String(process.pid), 7, { rank: 'reported', at: Date.now() });
if (ending === 'close') await ledger.close?.();
