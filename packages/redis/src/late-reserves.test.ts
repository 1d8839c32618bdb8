import type { Hold } from '@eden-cost/core';
import { redisLedger } from './index.js';
import { OPEN } from './lua/open.js';
import { RELEASE } from './lua/release.js';
import { RESERVE } from './lua/reserve.js';

interface Asked {
  readonly sha: string;
  readonly answer: (reply: unknown) => void;
  readonly fail: (error: Error) => void;
}

const ADMITTED = [1, 0, 0, 10, 0];
const REFUSED = [0, 0, 1, 0, 100, 0];
const holds: Hold[] = [{ account: { key: 'x' }, amount: 10, limit: 100, enforce: true, thresholds: [] }];

/** A ledger whose client answers when it is told to. */
function setUp() {
  const asked: Asked[] = [];
  const client = {
    evalSha: (sha: string) =>
      sha === OPEN.sha
        ? Promise.resolve(['epoch', '0', '0'])
        : new Promise<unknown>((answer, fail) => void asked.push({ sha, answer, fail })),
    eval: () => Promise.reject(new Error('not asked for')),
  };
  const ledger = redisLedger(client, { processes: 1 });
  const reserve = async () => ledger.reserve({ id: 'a', at: 0, ttlMs: 60_000, holds });
  const shas = () => asked.map(({ sha }) => sha);
  return { asked, reserve, shas };
}

beforeEach(() => void jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] }));
afterEach(() => void jest.useRealTimers());

const turn = () => new Promise((resolve) => setImmediate(resolve));

async function lateReserve() {
  const ledger = setUp();
  const late = expect(ledger.reserve()).rejects.toThrow('did not answer within 250 ms');
  await turn();
  jest.advanceTimersByTime(250);
  await late;
  return ledger;
}

test('what a late reserve holds is given back', async () => {
  const { asked, shas } = await lateReserve();
  asked[0]?.answer(ADMITTED);
  await turn();
  expect(shas()).toEqual([RESERVE.sha, RELEASE.sha]);
});

test('a late reserve that was refused holds nothing', async () => {
  const { asked, shas } = await lateReserve();
  asked[0]?.answer(REFUSED);
  await turn();
  expect(shas()).toEqual([RESERVE.sha]);
});

test('a late reserve that was asked again meanwhile keeps what it holds', async () => {
  const { asked, reserve, shas } = await lateReserve();
  const again = reserve();
  await turn();
  asked[1]?.answer(ADMITTED);
  expect(await again).toMatchObject({ admitted: true });
  asked[0]?.answer(ADMITTED);
  await turn();
  expect(shas()).toEqual([RESERVE.sha, RESERVE.sha]);
});

test.each([
  ['a lost connection', 'Connection is closed.', [RESERVE.sha, RELEASE.sha]],
  ['an error of the server', "OOM command not allowed when used memory > 'maxmemory'.", [RESERVE.sha]],
])('after %s, what may be held is given back', async (_what, message, expected) => {
  const { asked, reserve, shas } = setUp();
  const reserved = reserve();
  await turn();
  asked[0]?.fail(new Error(message));
  await expect(reserved).rejects.toThrow(message);
  await turn();
  expect(shas()).toEqual(expected);
});
