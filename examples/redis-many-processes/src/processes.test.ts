import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type EdenStandIn, startEdenStandIn } from '@eden-cost/testing';
import { describeWithRedis, type RedisServer, startRedis } from '../../../test/support/redis-server.js';
import { typescript } from '../../../test/support/typescript.js';

interface Remaining {
  readonly remainingUsd: number;
  readonly heldUsd: number;
}

describeWithRedis('redis-many-processes', () => {
  let eden: EdenStandIn;
  let server: RedisServer;
  const children: ChildProcess[] = [];

  beforeAll(async () => {
    eden = await startEdenStandIn();
    server = await startRedis();
  });
  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL');
    await server.close();
    await eden.close();
  });

  /** The app as `npm start` runs it, in a process of its own; its address. */
  async function start(): Promise<string> {
    const child = spawn(process.execPath, [...typescript, join(__dirname, 'main.ts')], {
      env: {
        ...process.env,
        ...{ EDENAI_API_KEY: 'test-key', EDENAI_BASE_URL: eden.baseUrl, REDIS_URL: server.path, PORT: '0' },
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.push(child);
    const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
    return new Promise((resolve) => {
      lines.on('line', (line) => {
        const { msg, port } = JSON.parse(line) as { msg: string; port: number };
        if (msg === 'listening') resolve(`http://127.0.0.1:${port}`);
      });
    });
  }

  async function ask(url: string): Promise<number> {
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ question: 'Why is the sky blue?' });
    const response = await fetch(`${url}/ask`, { method: 'POST', headers, body });
    await response.arrayBuffer();
    return response.status;
  }

  /** What is left, once the call before has been booked. */
  async function left(url: string): Promise<number> {
    for (;;) {
      const [budget] = (await (await fetch(`${url}/budget`)).json()) as [Remaining];
      if (budget.heldUsd === 0) return budget.remainingUsd;
    }
  }

  test('two processes spend one budget, both see what is left of it, and it survives both, and either ends while its server is gone', async () => {
    eden.script({ match: { path: '/chat/completions' }, costUsd: 1, times: Number.POSITIVE_INFINITY });
    const [first, second] = await Promise.all([start(), start()]);
    const statuses: number[] = [];
    for (const url of [first, second, first, second, first]) {
      statuses.push(await ask(url));
      expect(await left(second)).toBe(5 - statuses.length);
    }
    expect(statuses).toEqual([200, 200, 200, 200, 200]);
    expect([await ask(first), await ask(second)]).toEqual([402, 402]);
    expect(eden.books().charges).toHaveLength(5);

    for (const child of children) child.kill('SIGTERM');
    expect(await Promise.all(children.map((child) => once(child, 'exit')))).toEqual([
      [0, null],
      [0, null],
    ]);
    const third = await start();
    expect(await ask(third)).toBe(402);
    expect(eden.books().charges).toHaveLength(5);

    server.process.kill('SIGKILL');
    await ask(third); // a question that nobody answers any more
    const last = children.at(-1) as ChildProcess;
    last.kill('SIGTERM');
    expect(await once(last, 'exit')).toEqual([0, null]);
  }, 60_000);
});
