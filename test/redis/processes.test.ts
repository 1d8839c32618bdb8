import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Ledger } from '@eden-cost/core';
import { describeWithRedis } from '../support/redis-server.js';
import { runNode } from '../support/run-node.js';
import { useStandIn } from '../support/stand-in.js';
import { typescript } from '../support/typescript.js';
import { balanceOf, hold, ledgerOf, reported, request, until, useRedis } from './kit.js';

const CENT = 10_000_000;
const program = [...typescript, join(__dirname, 'spending-process.ts')];

describeWithRedis('processes that share a Redis ledger', () => {
  const standIn = useStandIn();
  const redis = useRedis();
  let killed: ChildProcess | undefined;
  afterEach(() => killed?.kill('SIGKILL'));

  const chat = { path: '/chat/completions' };
  const settled = (ledger: Ledger) => balanceOf(ledger, 'all:total');

  test('of 4 × 200 calls of 0.01 USD on one budget of 1 USD, exactly 100 reach Eden AI', async () => {
    standIn.eden.script({ match: chat, costUsd: 0.01, times: Number.POSITIVE_INFINITY });
    const args = [...program, standIn.eden.url, redis.server.path, '200', '10'];
    const ran = await Promise.all(Array.from({ length: 4 }, () => runNode(args)));
    expect(ran.map(({ code, stderr }) => ({ code, stderr }))).toEqual(ran.map(() => ({ code: 0, stderr: '' })));
    const statuses = ran.flatMap(({ stdout }) => JSON.parse(stdout) as number[]);
    expect(statuses).toHaveLength(800);
    expect(statuses.filter((status) => status === 200)).toHaveLength(100);
    expect(standIn.eden.books().charges).toHaveLength(100);
    expect(await settled(ledgerOf(redis.client))).toEqual({ settled: 100 * CENT, reserved: 0, toppedUp: 0 });
  }, 60_000);

  test('what a killed process had in flight is charged when it expires, and a late settle corrects it', async () => {
    const hold50 = new Promise<void>(() => {});
    standIn.eden.script({ match: chat, hold: hold50, times: 50 });
    const ledger = ledgerOf(redis.client);
    killed = spawn(process.execPath, [...program, standIn.eden.url, redis.server.path, '50', '50'], {
      stdio: 'ignore',
    });
    await until(async () => standIn.eden.books().requestsByPath['/v3/chat/completions'] === 50);
    killed.kill('SIGKILL');
    const atOnce = await settled(ledger);
    expect((atOnce?.settled ?? 0) + (atOnce?.reserved ?? 0)).toBe(50 * CENT);

    await until(async () => (await settled(ledger))?.reserved === 0);
    expect(await settled(ledger)).toEqual({ settled: 50 * CENT, reserved: 0, toppedUp: 0 });
    const rest = await ledger.reserve(request('later', [hold('all:total', 51 * CENT, 100 * CENT)]));
    expect(rest).toMatchObject({ admitted: false, refusal: { reason: 'spent' } });

    const [key = ''] = await redis.client.keys('{eden-cost}:r:*');
    const late = await ledger.settle(key.slice('{eden-cost}:r:'.length), CENT / 5, reported());
    expect(late).toMatchObject({ applied: true, previous: CENT });
    expect(await settled(ledger)).toEqual({ settled: 49.2 * CENT, reserved: 0, toppedUp: 0 });
  }, 60_000);
});
