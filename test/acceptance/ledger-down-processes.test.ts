import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Balance } from '@eden-cost/core';
import { type EdenStandIn, startEdenStandIn } from '@eden-cost/testing';
import type { Command, Done } from '../processes/spending-process.js';
import { many } from '../support/lists.js';
import { typescript } from '../support/typescript.js';
import { until } from '../support/until.js';

const LIMIT_NANOS = 1_000_000_000;
const PROCESSES = 3;
const SHARE_NANOS = Math.floor((LIMIT_NANOS * 0.1) / PROCESSES);

let eden: EdenStandIn;
const children: ChildProcess[] = [];

beforeAll(async () => {
  eden = await startEdenStandIn();
  eden.script({ costUsd: 0.01, times: Number.POSITIVE_INFINITY });
});

afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await eden.close();
});

async function start(program: string, args: string[]): Promise<{ child: ChildProcess; said: unknown }> {
  const child = fork(join(__dirname, '../processes', program), args, { execArgv: typescript });
  children.push(child);
  const [said] = await once(child, 'message');
  return { child, said };
}

async function ask<T>(child: ChildProcess, question: Command | string): Promise<T> {
  const answer = once(child, 'message');
  child.send(question);
  return (await answer)[0] as T;
}

test('three processes that a frozen ledger cuts off spend no more than their shares; then it says what the books say', async () => {
  const { child: ledger, said: url } = await start('ledger-process.ts', [String(PROCESSES)]);
  const apps = await Promise.all(many(PROCESSES, () => start('spending-process.ts', [eden.url, String(url)])));
  const [first, second, third] = apps.map(({ child }) => child) as [ChildProcess, ChildProcess, ChildProcess];

  // two of them see a budget that is all but untouched, and the third one nearly spends it
  await Promise.all([ask(first, { calls: 1 }), ask(second, { calls: 1 })]);
  for (let round = 0; round < 9; round++) await ask(third, { calls: 10 });
  const spent = eden.books().totalNanos;
  expect(spent).toBeLessThanOrEqual(LIMIT_NANOS);

  ledger.kill('SIGSTOP');
  const cutOff = await Promise.all([first, second, third].map((app) => ask<Done>(app, { calls: 20 })));
  const meanwhile = eden.books().totalNanos - spent;
  expect(meanwhile).toBe(10_000_000 * cutOff.reduce((sum, { admitted }) => sum + admitted, 0));
  expect(meanwhile).toBeGreaterThan(0);
  expect(meanwhile).toBeLessThanOrEqual(PROCESSES * SHARE_NANOS);
  expect(cutOff.every(({ localCalls }) => localCalls > 0)).toBe(true);

  ledger.kill('SIGCONT');
  const closed = await Promise.all([first, second, third].map((app) => ask<Done>(app, { close: true })));
  expect(closed.map(({ unsettled }) => unsettled)).toEqual(many(PROCESSES, () => 0));
  const balance = () => ask<Balance>(ledger, 'all:total');
  // what it admitted late is given back when its answer arrives
  await until('nothing is reserved', async () => (await balance()).reserved === 0);
  expect(await balance()).toEqual({ settled: eden.books().totalNanos, reserved: 0, toppedUp: 0 });
}, 60_000);
