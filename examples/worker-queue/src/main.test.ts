import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type EdenStandIn, startEdenStandIn } from '@eden-cost/testing';
import { typescript } from '../../../test/support/typescript.js';

interface Line {
  readonly msg: string;
  readonly [key: string]: unknown;
}

interface CostFields {
  readonly costNanos: number;
  readonly labels: Record<string, string>;
}

let eden: EdenStandIn;
let child: ChildProcess;

beforeEach(async () => {
  eden = await startEdenStandIn();
});

afterEach(async () => {
  child.kill('SIGKILL');
  await eden.close();
});

/** The worker as `npm start` runs it, in a process of its own. */
function start(jobs: readonly object[]) {
  child = spawn(process.execPath, [...typescript, join(__dirname, 'main.ts')], {
    env: { ...process.env, EDENAI_API_KEY: 'test-key', EDENAI_BASE_URL: eden.baseUrl },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines: Line[] = [];
  createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => lines.push(JSON.parse(line)));
  for (const job of jobs) child.stdin?.write(`${JSON.stringify(job)}\n`);
  return lines;
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5));
}

const summary = (id: number) => ({ id: String(id), kind: 'summary', tenant: `tenant-${id}`, pages: ['a page'] });

test('SIGTERM: jobs that run are done and paid for, the others are handed back, and the process ends', async () => {
  let answer = () => {};
  const hold = new Promise<void>((resolve) => {
    answer = resolve;
  });
  eden.script({ match: { path: '/chat/completions' }, hold, times: Number.POSITIVE_INFINITY });
  const lines = start([1, 2, 3, 4, 5, 6].map(summary));
  await until(() => eden.books().requestsByPath['/v3/chat/completions'] === 2);
  child.kill('SIGTERM');
  await until(() => lines.some(({ msg }) => msg === 'stopping'));
  answer();
  expect(await once(child, 'close')).toEqual([0, null]);
  await until(() => lines.some(({ msg }) => msg === 'stopped'));

  const costs = lines.filter(({ msg }) => msg === 'edenai request cost').map(({ edenai }) => edenai as CostFields);
  expect(costs.map(({ labels }) => labels.tenant).sort()).toEqual(['tenant-1', 'tenant-2', 'tenant-3', 'tenant-4']);
  expect(costs.reduce((sum, { costNanos }) => sum + costNanos, 0)).toBe(eden.books().totalNanos);
  expect(lines.find(({ msg }) => msg === 'stopped')).toMatchObject({ left: ['5', '6'], unsettled: 0 });
});

test('ends by itself when its input ends and nothing is put back', async () => {
  const lines = start([summary(1)]);
  child.stdin?.end();
  expect(await once(child, 'close')).toEqual([0, null]);
  expect(lines.filter(({ msg }) => msg === 'job done')).toHaveLength(1);
  expect(eden.books().charges).toHaveLength(1);
});
