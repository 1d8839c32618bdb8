import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { sharedBudgetContract } from '../contract/shared-budget-contract.js';
import { runNode } from '../support/run-node.js';
import { typescript } from '../support/typescript.js';
import type { FullProcess } from './full-process.js';
import { hold, useFile, X } from './kit.js';

const file = useFile();

const program = (name: string) => join(__dirname, `${name}.ts`);

describe('processes that share a file', () => {
  sharedBudgetContract({
    get store() {
      return { file: file.path };
    },
    open: () => file.open(),
  });
});

test.each(['', 'close'])(
  'a process that has nothing else to do ends, books what is pending, and writes nothing (%s)',
  async (ending) => {
    const ran = await runNode([...typescript, program('idle-process'), file.path, ending]);
    expect(ran).toEqual({ code: 0, stdout: '', stderr: '' });
    expect((await file.open().balances([X], Date.now()))[0]).toEqual({ settled: 7, reserved: 0, toppedUp: 0 });
  },
  60_000,
);

test('a file that may not grow any more is told, nothing of what was answered is lost, and room makes it work again', async () => {
  const limited = ['-c', 'ulimit -f 600 && exec "$0" "$@"', process.execPath]; // in blocks of 512 bytes
  const args = [...limited, ...typescript, program('full-process'), file.path];
  const { stdout } = await promisify(execFile)('sh', args, { timeout: 50_000, killSignal: 'SIGKILL' });
  const { admitted, reason, reserved } = JSON.parse(stdout) as FullProcess;
  expect(['disk', 'full']).toContain(reason);
  expect(reserved).toBe(admitted);
  const ledger = file.open();
  expect((await ledger.balances([X], Date.now()))[0]).toMatchObject({ reserved: admitted });
  expect(
    await ledger.reserve({ id: 'a', at: Date.now(), ttlMs: 60_000, holds: [hold(1, Number.POSITIVE_INFINITY)] }),
  ).toMatchObject({
    admitted: true,
  });
}, 60_000);
