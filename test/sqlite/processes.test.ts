import { execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { runNode } from '../support/run-node.js';
import { useStandIn } from '../support/stand-in.js';
import { typescript } from '../support/typescript.js';
import type { FullProcess } from './full-process.js';
import { hold, useFile, X } from './kit.js';
import type { SharedBudgetProcess } from './shared-budget-process.js';

const ALL = { key: 'all:total' };
const NANOS = 10_000_000;
const LIMIT = 100 * NANOS;

const standIn = useStandIn();
const file = useFile();

const program = (name: string) => join(__dirname, `${name}.ts`);
/** Node 26 warns of how the sources are loaded here. */
const node = [...typescript, '--disable-warning=DEP0205'];

test('4 processes × 200 calls of 0.01 USD on one budget of 1 USD: exactly 100 are made', async () => {
  standIn.eden.script({ match: { path: '/chat/completions' }, costUsd: 0.01, times: Number.POSITIVE_INFINITY });
  const args = [...node, program('shared-budget-process'), standIn.eden.url, file.path];
  const ran = await Promise.all([1, 2, 3, 4].map(() => runNode(args)));
  for (const { code, stderr } of ran) expect([code, stderr]).toEqual([0, '']);
  const seen = ran.map(({ stdout }) => JSON.parse(stdout) as SharedBudgetProcess);
  expect(seen.reduce((sum, { paid }) => sum + paid, 0)).toBe(100);
  expect(seen.reduce((sum, { spent }) => sum + spent, 0)).toBe(700);
  expect(standIn.eden.books().charges).toHaveLength(100);
  const [balance] = await file.open().balances([ALL], Date.now());
  expect(balance).toEqual({ settled: LIMIT, reserved: 0, toppedUp: 0 });
}, 60_000);

test('a process that is killed with 50 calls in flight: they are charged once they expire, until they are corrected', async () => {
  const never = new Promise(() => {});
  standIn.eden.script({ match: { path: '/chat/completions' }, hold: never, times: Number.POSITIVE_INFINITY });
  const child = fork(program('killed-process'), [standIn.eden.url, file.path], { execArgv: node });
  const ids: string[] = [];
  child.on('message', (id: string) => ids.push(id));
  await standIn.eden.received(50);
  while (ids.length < 50) await once(child, 'message');
  child.kill('SIGKILL');
  await once(child, 'exit');

  const ledger = file.open();
  const balance = async (at: number) => (await ledger.balances([ALL], at))[0];
  const now = Date.now();
  const reserved = (await balance(now))?.reserved ?? 0;
  expect(reserved).toBeGreaterThanOrEqual(50 * NANOS);
  const ask = (id: string, at: number) =>
    ledger.reserve({ id, at, ttlMs: 60_000, holds: [hold(LIMIT - reserved + 1, LIMIT, ALL)] });
  expect(await ask('during', now)).toMatchObject({ admitted: false, refusal: { reason: 'held' } });

  const later = now + 61_000;
  expect(await balance(later)).toEqual({ settled: reserved, reserved: 0, toppedUp: 0 });
  expect(await ask('after', later)).toMatchObject({ admitted: false, refusal: { reason: 'spent' } });

  const settled = await Promise.all(ids.map((id) => ledger.settle(id, 0, { rank: 'reported', at: later })));
  expect(settled.filter(({ previous }) => previous === NANOS)).toHaveLength(reserved / NANOS);
  expect(await balance(later)).toEqual({ settled: 0, reserved: 0, toppedUp: 0 });
}, 60_000);

test.each(['', 'close'])(
  'a process that has nothing else to do ends, books what is pending, and writes nothing (%s)',
  async (ending) => {
    const ran = await runNode([...node, program('idle-process'), file.path, ending]);
    expect(ran).toEqual({ code: 0, stdout: '', stderr: '' });
    expect((await file.open().balances([X], Date.now()))[0]).toEqual({ settled: 7, reserved: 0, toppedUp: 0 });
  },
  60_000,
);

test('a file that may not grow any more is told, nothing of what was answered is lost, and room makes it work again', async () => {
  const limited = ['-c', 'ulimit -f 600 && exec "$0" "$@"', process.execPath]; // in blocks of 512 bytes
  const args = [...limited, ...node, program('full-process'), file.path];
  const { stdout } = await promisify(execFile)('sh', args);
  const { admitted, reason, reserved } = JSON.parse(stdout) as FullProcess;
  expect(['disk', 'full']).toContain(reason);
  expect(reserved).toBe(admitted);
  const ledger = file.open();
  expect((await ledger.balances([X], Date.now()))[0]).toMatchObject({ reserved: admitted });
  expect(await ledger.reserve({ id: 'a', at: Date.now(), ttlMs: 60_000, holds: [hold(1, LIMIT)] })).toMatchObject({
    admitted: true,
  });
}, 60_000);
