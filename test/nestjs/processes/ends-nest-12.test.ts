import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { runNode } from '../../support/run-node.js';
import { useStandIn } from '../../support/stand-in.js';
import { typescript } from '../../support/typescript.js';

const standIn = useStandIn({ costUsd: 0.25 });
const program = (how: string) => [...typescript, join(__dirname, 'app-process.ts'), how, standIn.eden.url];
const CLOSED = { msg: 'edenai cost meter closed', edenai: { restored: true, unsettled: 0 } };

test('a test module whose options are overridden ends by itself: nothing is left open', async () => {
  const { code, stdout, stderr } = await runNode(program('closed'));
  expect([code, stderr]).toEqual([0, '']);
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines).toMatchObject([
    { msg: 'edenai cost meter started', edenai: { hosts: [standIn.eden.url], budgets: ['all'] } },
    { msg: 'edenai request cost', req: { route: '/ask' }, edenai: { costNanos: 250_000_000 } },
    CLOSED,
  ]);
});

test('one that nobody closes keeps no process alive', async () => {
  const { code, stdout } = await runNode(program('compiled'));
  expect([code, stdout.includes('{"costNanos":250000000}')]).toEqual([0, true]);
});

test('with enableShutdownHooks() a SIGTERM lets the request in flight end, priced, and closes the meter', async () => {
  let open = () => {};
  const hold = new Promise<void>((resolve) => {
    open = resolve;
  });
  standIn.eden.script({ costUsd: 0.25, hold });
  const child = spawn(process.execPath, program('sigterm'), { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'close');
  const lines: { msg?: string; url?: string; edenai?: object }[] = [];
  const written = createInterface(child.stdout).on('line', (line) => void lines.push(JSON.parse(line)));
  while (lines.at(-1)?.url === undefined) await once(written, 'line');
  const address = lines.at(-1)?.url as string;
  const answer = fetch(`${address}/ask`);
  await standIn.eden.received(1);
  child.kill('SIGTERM');
  // it no longer listens, and waits for the request
  while (
    await fetch(address, { headers: { connection: 'close' } }).then(
      () => true,
      () => false,
    )
  );
  open();
  expect(await (await answer).text()).toBe('ok');
  expect(await ended).toEqual([null, 'SIGTERM']);
  expect(lines.slice(-2)).toMatchObject([
    { msg: 'edenai request cost', edenai: { costNanos: 250_000_000, late: false, aborted: false } },
    CLOSED,
  ]);
});
