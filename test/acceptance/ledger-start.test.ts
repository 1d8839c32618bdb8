import { join } from 'node:path';
import { createMeter, type Ledger, memoryLedger, OptionsError } from '@eden-cost/core';
import { chats } from '../support/chats.js';
import { useLedgerServer } from '../support/ledger-server.js';
import { hear, nextEvent, useMeteredEden } from '../support/meter.js';
import { runNode } from '../support/run-node.js';
import { typescript } from '../support/typescript.js';

const ledger = useLedgerServer();
const metered = useMeteredEden();
const { ask } = chats(metered);

const budgets = [{ name: 'all', limitUsd: 1, window: 'total', estimateUsd: 0.01 } as const];
const meterOf = (start: Ledger['start']) =>
  metered.meter({ budgets, ledger: ledger.server.client({ start }), rateCard: false });

const mistake = () => new OptionsError('the server is a read-only replica');
const unreachable = () => new Error('connect ECONNREFUSED 10.0.0.1:6379');

describe('a ledger that cannot work as it is set up', () => {
  it('that says so at once makes no meter', () => {
    const start = () => {
      throw mistake();
    };
    expect(() => createMeter({ ledger: { ...ledger.server.client(), start } })).toThrow('read-only replica');
  });

  it('rejects ready()', async () => {
    await expect(meterOf(async () => Promise.reject(mistake())).ready()).rejects.toThrow('read-only replica');
  });

  it('ends a process that does not ask, and says why', async () => {
    const { code, stderr } = await runNode([...typescript, join(__dirname, '../processes/misconfigured-process.ts')]);
    expect(code).toBe(1);
    expect(stderr).toContain('the server is a read-only replica');
    expect(stderr).toContain('ERR_COST_OPTIONS');
  });
});

describe('a ledger that cannot be reached yet', () => {
  it('rejects ready(), counts as down, and is started as soon as it can be', async () => {
    let isThere = false;
    const meter = meterOf(async () => {
      if (!isThere) throw unreachable();
    });
    const told = hear(meter);
    const isUp = nextEvent(meter, 'ledger', ({ state }) => state === 'up');
    await expect(meter.ready()).rejects.toThrow('ECONNREFUSED');
    expect((await meter.health()).status).toBe('degraded');
    expect(await ask({ reply: { costUsd: 0.01 } })).toBe(200);
    isThere = true;
    expect(await isUp).toMatchObject({ replayed: 1 });
    expect(told.ledger.map(({ state }) => state)).toEqual(['down', 'up']);
    expect(ledger.server.balance('all:total').settled).toBe(10_000_000);
  });
});

it('ready() resolves for a ledger that has started, or that need not', async () => {
  await meterOf(async () => {}).ready();
  const meter = createMeter({ ledger: memoryLedger(), intercept: false });
  await meter.ready();
  await meter.close();
});

it('a ledger that is not set up right for a call denies it, and the message reaches whoever runs the app', async () => {
  const partition = () => {
    throw new OptionsError('partition() must return a text');
  };
  const meter = metered.meter({ budgets, ledger: { ...ledger.server.client(), reserve: partition }, rateCard: false });
  const told = hear(meter);
  expect(await ask()).toBe(402);
  expect(told.denied).toMatchObject([{ reason: 'ledger', budget: 'all' }]);
  expect(told.error).toMatchObject([
    { problem: 'ledger-options', message: expect.stringContaining('partition() must return a text') },
  ]);
  expect(told.ledger).toEqual([]);
});
