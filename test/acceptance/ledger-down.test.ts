import { type Budget, LedgerUnavailableError, type LogLine, type Meter, type MeterOptions } from '@eden-cost/core';
import { CHAT } from '../support/calls.js';
import { chats } from '../support/chats.js';
import { JOB, jobs, SETTLED_NANOS } from '../support/jobs.js';
import { type ServerState, useLedgerServer } from '../support/ledger-server.js';
import { many } from '../support/lists.js';
import { hear, nextEvent, useMeteredEden } from '../support/meter.js';
import { RATES } from '../support/rates.js';
import { turnsUntil } from '../support/turns.js';

const ledger = useLedgerServer();
const metered = useMeteredEden({ pollsNeeded: 1 });
const { ask, heldCall } = chats(metered);

const LIMIT_NANOS = 1_000_000_000;
const ALL: Budget = { name: 'all', limitUsd: 1, window: 'total', estimateUsd: 0.01 };
const SPENDING = { reply: { costUsd: 0.01 } }; // as much as it holds

const setup = (budget: Partial<Budget> = {}, options: MeterOptions = {}) =>
  metered.meter({
    budgets: [{ ...ALL, ...budget }],
    ledger: ledger.server.client(),
    rateCard: false,
    waitMs: 0,
    ...options,
  });

const all = () => ledger.server.balance('all:total');
const state = (meter: Meter, wanted: 'down' | 'lost' | 'up') =>
  nextEvent(meter, 'ledger', ({ state: told }) => told === wanted);

/** Whatever happened: the ledger says what Eden AI's books say. */
async function expectBooksToAgree(meter: Meter): Promise<void> {
  await turnsUntil(() => meter.snapshot().keptForLedger === 0 && all().reserved === 0);
  expect(all()).toEqual({ settled: metered.eden.books().totalNanos, reserved: 0, toppedUp: 0 });
}

const FAILURES: readonly [ServerState, deadlineMs: number | undefined][] = [
  ['cut-off', undefined],
  ['frozen', 1_500],
  ['read-only', undefined],
];

describe.each(FAILURES)('while the ledger is %s', (failure, deadlineMs) => {
  const ledgerOf = () => ledger.server.client(deadlineMs === undefined ? {} : { deadlineMs });
  it('calls go on, within the share of this process; afterwards all of them are on the budget, once', async () => {
    const meter = setup({}, { ledger: ledgerOf() });
    const told = hear(meter);
    await Promise.all(many(5, () => ask(SPENDING)));
    const letGo = heldCall({ costUsd: 0.01 });
    const inFlight = ask();
    await metered.eden.received(6);
    ledger.server.go(failure);

    const statuses = await Promise.all(many(30, () => ask(SPENDING)));
    expect(statuses.filter((status) => status === 200)).toHaveLength(10); // a tenth of the limit, one process
    letGo();
    expect(await inFlight).toBe(200);
    expect(told.ledger).toMatchObject([{ state: 'down' }]);
    expect((await meter.health()).status).toBe('degraded');
    expect(meter.snapshot()).toMatchObject({ localCalls: 10, deniedCalls: 20 });
    expect(told.unasked).toHaveLength(10);
    expect(told.unasked[0]).toMatchObject({
      budgets: ['all'],
      operation: 'chat',
      cause: { message: expect.any(String) },
    });
    expect(JSON.stringify(told.unasked)).not.toContain('cause');
    expect(told.charge).toHaveLength(16);

    const isUp = state(meter, 'up');
    ledger.server.go('up');
    expect((await isUp).replayed).toBeGreaterThanOrEqual(11);
    expect((await meter.health()).status).toBe('up');
    expect(await ask(SPENDING)).toBe(200);
    await expectBooksToAgree(meter);
  });

  it('a budget may refuse, at once and in Eden AI’s own shape, or allow', async () => {
    const meter = setup({ onLedgerError: 'refuse' }, { ledger: ledgerOf() });
    const told = hear(meter);
    ledger.server.go(failure);
    expect(await Promise.all(many(3, () => ask()))).toEqual([402, 402, 402]);
    expect(told.denied).toMatchObject(many(3, () => ({ reason: 'ledger', budget: 'all', enforced: true })));
    expect(metered.eden.books().requests).toBe(0);
    ledger.server.go('up');
    await expectBooksToAgree(meter);
    await meter.close();

    ledger.server.go(failure);
    const generous = setup({ onLedgerError: 'allow', limitUsd: 0.001 }, { ledger: ledgerOf() });
    const { unasked } = hear(generous);
    expect(await Promise.all(many(3, () => ask(SPENDING)))).toEqual([200, 200, 200]);
    expect(unasked).toMatchObject(many(3, () => ({ budgets: ['all'] })));
    ledger.server.go('up');
    await expectBooksToAgree(generous);
  });
});

describe('a strict budget, which is never exceeded', () => {
  const bounded = { ...CHAT, max_tokens: 10 };
  const strictMeter = (budget: Partial<Budget> = {}) => setup({ strict: true, ...budget }, { rateCard: RATES });

  it('refuses while the ledger cannot be asked', async () => {
    const meter = strictMeter();
    const told = hear(meter);
    expect(await ask({}, bounded)).toBe(200);
    ledger.server.go('cut-off');
    expect(await ask({}, bounded)).toBe(402);
    expect(told.denied).toMatchObject([{ reason: 'ledger', budget: 'all' }]);
    ledger.server.go('up');
  });

  it('does not where its app says otherwise', async () => {
    strictMeter({ onLedgerError: 'local' });
    ledger.server.go('cut-off');
    expect(await ask({}, bounded)).toBe(200);
    ledger.server.go('up');
  });
});

describe('several budgets with different policies', () => {
  it.each([
    [['allow', 'refuse'] as const, 402],
    [['local', 'refuse'] as const, 402],
    [['local', 'allow'] as const, 200],
  ])('%s: all of them have to let a call pass', async (policies, expected) => {
    const budgets = policies.map((onLedgerError): Budget => ({ ...ALL, name: onLedgerError, onLedgerError }));
    const meter = setup({}, { budgets });
    ledger.server.go('cut-off');
    expect(await ask(SPENDING)).toBe(expected);
    ledger.server.go('up');
    await turnsUntil(() => meter.snapshot().keptForLedger === 0);
    for (const policy of policies) {
      expect(ledger.server.balance(`${policy}:total`)).toEqual({
        settled: metered.eden.books().totalNanos,
        reserved: 0,
        toppedUp: 0,
      });
    }
  });
});

it('a call is answered while the ledger is still frozen', async () => {
  const meter = setup({}, { ledger: ledger.server.client({ deadlineMs: 50 }), waitMs: 100 });
  ledger.server.go('frozen');
  expect(await ask(SPENDING)).toBe(200);
  expect(await ask(SPENDING)).toBe(200);
  ledger.server.go('up');
  await expectBooksToAgree(meter);
});

it('a budget that was spent when the ledger was last seen stays spent', async () => {
  const meter = setup();
  const told = hear(meter);
  expect(await ask({ reply: { costUsd: 1 } })).toBe(200);
  await turnsUntil(() => all().settled === LIMIT_NANOS);
  ledger.server.go('cut-off');
  expect(await ask()).toBe(402);
  expect(told.denied).toMatchObject([{ reason: 'spent', amounts: { limit: LIMIT_NANOS, settled: LIMIT_NANOS } }]);
  await meter.close({ timeoutMs: 0 });
});

it('a ledger that was flushed is lost, gets back what was last seen, and works again', async () => {
  const meter = setup();
  const told = hear(meter);
  await Promise.all(many(5, () => ask(SPENDING)));
  await turnsUntil(() => all().reserved === 0);
  const letGo = heldCall({ costUsd: 0.01 });
  const inFlight = ask();
  await metered.eden.received(6);
  ledger.server.flush();
  const isUp = state(meter, 'up');
  expect(await ask(SPENDING)).toBe(200);
  await isUp;
  expect(told.ledger[0]).toMatchObject({ state: 'lost', cause: { code: 'ERR_COST_LEDGER_LOST' } });
  letGo();
  await inFlight;
  await expectBooksToAgree(meter);
  expect(all().settled).toBe(7 * 10_000_000);
});

it('a job that is started and polled meanwhile is one charge', async () => {
  const meter = setup({ estimateUsd: 0.05 });
  const { start, poll } = jobs(metered);
  ledger.server.go('cut-off');
  const id = await start(JOB);
  for (let polled = 0; polled < 5; polled++) await poll(JOB, id);
  ledger.server.go('up');
  await expectBooksToAgree(meter);
  expect(all().settled).toBe(SETTLED_NANOS);
});

it('checks go by what each budget says; balances and top-ups cannot be had', async () => {
  const meter = setup({}, { budgets: [ALL, { ...ALL, name: 'careful', onLedgerError: 'refuse', routes: 'named' }] });
  ledger.server.go('cut-off');
  await meter.run({}, async () => {
    await meter.current()?.check();
    await expect(meter.current()?.check({ budget: 'careful' })).rejects.toMatchObject({
      code: 'ERR_COST_LEDGER_UNAVAILABLE',
      status: 503,
    });
  });
  await expect(meter.remaining()).rejects.toThrow(LedgerUnavailableError);
  const note = { actor: 'ada', reason: 'a demo', id: 'demo' };
  await expect(meter.topUp('all', undefined, 1, note)).rejects.toThrow(LedgerUnavailableError);
  const isUp = state(meter, 'up');
  ledger.server.go('up');
  await isUp;
  await meter.topUp('all', undefined, 1, note);
  await meter.topUp('all', undefined, 1, note);
  expect(all().toppedUp).toBe(LIMIT_NANOS);
});

describe('close()', () => {
  it('tells the ledger what it has not been told, if that can be asked in time', async () => {
    const meter = setup();
    ledger.server.go('cut-off');
    await ask(SPENDING);
    ledger.server.go('up');
    expect(await meter.close({ timeoutMs: 15_000 })).toMatchObject({ unsettled: 0 });
    expect(all()).toMatchObject({ settled: 10_000_000, reserved: 0 });
  });

  it('says how many calls it could not tell', async () => {
    const meter = setup();
    const told = hear(meter);
    ledger.server.go('cut-off');
    await Promise.all([ask(SPENDING), ask(SPENDING)]);
    expect(await meter.close({ timeoutMs: 100 })).toMatchObject({ unsettled: 2 });
    expect(told.error).toMatchObject([{ problem: 'ledger-dropped', message: expect.stringContaining('2 calls') }]);
  });
});

it('the log says that it is down, and that it is up again, with what it was told of', async () => {
  const lines: LogLine[] = [];
  const meter = setup({}, { logger: (line) => lines.push(line) });
  ledger.server.go('cut-off');
  await Promise.all(many(3, () => ask(SPENDING)));
  const isUp = state(meter, 'up');
  ledger.server.go('up');
  await isUp;
  const own = lines.filter(({ msg }) => msg.startsWith('edenai ledger'));
  expect(own).toMatchObject([
    { level: 50, msg: expect.stringContaining('cannot be asked'), edenai: { ledger: 'down' } },
    { level: 30, msg: expect.stringContaining('works again'), edenai: { ledger: 'up', replayed: 3 } },
  ]);
});
