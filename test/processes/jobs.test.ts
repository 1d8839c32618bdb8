import { join } from 'node:path';
import { type Ledger, memoryLedger } from '@eden-cost/core';
import { type EdenStandIn, startEdenStandIn } from '@eden-cost/testing';
import { runNode } from '../support/run-node.js';
import { typescript } from '../support/typescript.js';
import type { JobProcess } from './job-process.js';
import { lendLedger } from './ledger-over-http.js';

const NANOS = 123_456_789;

let eden: EdenStandIn;
let ledger: Ledger;
let lent: Awaited<ReturnType<typeof lendLedger>>;

beforeEach(async () => {
  eden = await startEdenStandIn({ settledCostUsd: '0.123456789', pollsNeeded: 3 });
  ledger = memoryLedger();
  lent = await lendLedger(ledger);
});

afterEach(async () => {
  await lent.close();
  await eden.close();
});

async function processOf(ledgerUrl: string, jobId: string[] = []): Promise<JobProcess> {
  const program = [...typescript, join(__dirname, 'job-process.ts')];
  const { code, stdout, stderr } = await runNode([...program, eden.url, ledgerUrl, ...jobId]);
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as JobProcess;
}

const settled = async (): Promise<unknown> => {
  const [account] = await ledger.balances([{ key: 'all:total' }], Date.now());
  return account;
};

test('a job that three processes with one ledger poll ten times each is one charge', async () => {
  const starter = await processOf(lent.url);
  const others = await Promise.all([processOf(lent.url, [starter.id]), processOf(lent.url, [starter.id])]);
  expect(starter).toMatchObject({ charges: [{ amount: NANOS, jobId: starter.id }], errors: [] });
  expect(others).toEqual([
    { id: starter.id, charges: [], errors: [] },
    { id: starter.id, charges: [], errors: [] },
  ]);
  expect(await settled()).toEqual({ settled: NANOS, reserved: 0, toppedUp: 0 });
  expect(eden.books().totalNanos).toBe(NANOS);
});

test('polled by processes with ledgers of their own, it is no charge there, and one event each', async () => {
  const starter = await processOf('none');
  const others = await Promise.all([processOf('none', [starter.id]), processOf('none', [starter.id])]);
  expect(starter.charges).toEqual([{ amount: NANOS, jobId: starter.id }]);
  expect(others.map(({ charges, errors }) => ({ charges, errors }))).toEqual([
    { charges: [], errors: ['job-unknown'] },
    { charges: [], errors: ['job-unknown'] },
  ]);
});

test('a process that remembers jobs does not keep the requests that they were started by', async () => {
  const started = 20;
  const program = ['--expose-gc', ...typescript, join(__dirname, 'forgetful-process.ts')];
  eden.script({ match: { method: 'POST' }, times: started, pollsNeeded: 0, settledCostUsd: '0.1' });
  const { stdout } = await runNode([...program, eden.url, String(started)]);
  const { gone, costNanos } = JSON.parse(stdout) as { gone: number; costNanos: number };
  expect(costNanos).toBe(started * 100_000_000);
  expect(gone).toBeGreaterThanOrEqual(started / 2); // the latest may still be on the stack, or with a connection
});
