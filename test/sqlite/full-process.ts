import { sqliteLedger } from '@eden-cost/sqlite';

/** What became of a ledger whose file may not grow beyond a limit. */
export interface FullProcess {
  readonly admitted: number;
  readonly reason?: string;
  readonly reserved?: number;
}

/** Reserves 1 nano-USD after the other, by long ids, until the ledger fails; then asks it for the balance. */
const [path = ''] = process.argv.slice(2);
const ledger = sqliteLedger(path, { deadlineMs: 20_000 });
const account = { key: 'x' };
const at = Date.now();
const reserve = (call: number) => {
  const hold = { account, amount: 1, limit: Number.POSITIVE_INFINITY, enforce: true, thresholds: [] };
  return ledger.reserve({ id: `${call}-${'long'.repeat(500)}`, at, ttlMs: 60_000, holds: [hold] });
};
let admitted = 0;
let reason: string | undefined;
while (reason === undefined && admitted < 5_000) {
  try {
    await reserve(admitted);
    admitted += 1;
  } catch (error) {
    reason = (error as { reason?: string }).reason;
  }
}
const [balance] = await ledger.balances([account], at);
await ledger.close?.();
process.stdout.write(JSON.stringify({ admitted, reason, reserved: balance?.reserved } satisfies FullProcess));
