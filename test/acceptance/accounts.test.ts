import { type Budget, type Meter, type MeterOptions, memoryLedger } from '@eden-cost/core';
import { manualClock } from '@eden-cost/testing';
import { chats } from '../support/chats.js';
import { hear, useMeteredEden } from '../support/meter.js';

const metered = useMeteredEden();
const { ask } = chats(metered);

/** Room for one call of 0.01 USD on each account. */
const BUDGET = { name: 'per-tenant', limitUsd: 0.01, window: 'day', by: 'tenant' } as const;

const meterOf = (options: MeterOptions) =>
  metered.meter({ clock: manualClock(Date.UTC(2026, 9, 23)), rateCard: false, paymentRequired: 'respond', ...options });

const askAs = (meter: Meter, tenant: string | undefined) =>
  meter.run({ labels: { tenant } }, () => ask({ reply: { costUsd: 0.01 } }));

async function statuses(meter: Meter, ...tenants: (string | undefined)[]): Promise<number[]> {
  const all = [];
  for (const tenant of tenants) all.push(await askAs(meter, tenant));
  return all;
}

describe('scopes without the label of a budget', () => {
  it("share one account with missing: 'group', and an event says so once", async () => {
    const meter = meterOf({ budgets: [{ ...BUDGET, missing: 'group' }] });
    const told = hear(meter);
    expect(await statuses(meter, undefined, '', 'acme', undefined)).toEqual([200, 402, 200, 402]);
    expect(told.error.map(({ problem }) => problem)).toEqual(['unlabelled']);
  });

  it("are not counted with missing: 'skip'", async () => {
    const meter = meterOf({ budgets: [{ ...BUDGET, missing: 'skip' }] });
    expect(await statuses(meter, undefined, undefined, 'acme', 'acme')).toEqual([200, 200, 200, 402]);
  });

  it("are denied with missing: 'refuse', and an event says why", async () => {
    const meter = meterOf({ budgets: [{ ...BUDGET, missing: 'refuse' }] });
    const told = hear(meter);
    expect(await statuses(meter, undefined, 'acme')).toEqual([402, 200]);
    expect(told.error).toMatchObject([{ problem: 'label-missing' }]);
    expect(told.denied).toMatchObject([{ reason: 'spent', budget: 'per-tenant', enforced: true }]);
  });
});

test('values beyond maxAccounts share one account, and an event says so once a window', async () => {
  const clock = manualClock(Date.UTC(2026, 9, 23));
  const meter = meterOf({ budgets: [BUDGET], maxAccounts: 2, clock });
  const told = hear(meter);
  expect(await statuses(meter, 'a', 'b', 'c', 'd', 'e', 'a')).toEqual([200, 200, 200, 402, 402, 402]);
  expect(told.error.map(({ problem }) => problem)).toEqual(['overflow']);
  clock.advance(24 * 3_600_000);
  expect(await statuses(meter, 'c', 'd', 'a')).toEqual([200, 200, 200]);
  expect(told.error.map(({ problem }) => problem)).toEqual(['overflow', 'overflow']);
});

test('a value beyond maxAccounts that is topped up has an account of its own from then on', async () => {
  const meter = meterOf({ budgets: [BUDGET], maxAccounts: 1 });
  expect(await statuses(meter, 'a', 'b', 'c')).toEqual([200, 200, 402]);
  await meter.topUp('per-tenant', 'c', 0.01, { actor: 'ann', reason: 'upgrade' });
  expect(await meter.remaining({ tenant: 'c' })).toMatchObject([{ remainingUsd: 0.02 }]);
  expect(await statuses(meter, 'c', 'c', 'c', 'b')).toEqual([200, 200, 402, 402]);
});

test('a value that is topped up before its first call keeps its account, however many come before it', async () => {
  const meter = meterOf({ budgets: [BUDGET], maxAccounts: 1 });
  await meter.topUp('per-tenant', 'c', 0.01, { actor: 'ann', reason: 'upgrade' });
  expect(await statuses(meter, 'a', 'b', 'c', 'c', 'c')).toEqual([200, 402, 200, 200, 402]);
});

test('match decides by the call and its scope which calls a budget is for', async () => {
  const meter = meterOf({
    budgets: [
      { name: 'images', limitUsd: 0, window: 'day', match: (call) => call.operation === 'images' },
      { name: 'trial', limitUsd: 0, window: 'day', match: (_call, scope) => scope?.labels.tenant === 'trial' },
    ],
  });
  expect(await statuses(meter, 'acme', 'trial')).toEqual([200, 402]);
});

test('a budget that is given another window, or counts by another label, begins anew, and comes back to its balance', async () => {
  const ledger = memoryLedger();
  const month = Date.UTC(2026, 9, 1); // a day begins then as well
  const twice = async (budget: Partial<Budget>) => {
    const meter = meterOf({ ledger, clock: manualClock(month), budgets: [{ ...BUDGET, ...budget }] });
    const told = hear(meter);
    const seen = [await askAs(meter, '42'), await askAs(meter, '42')];
    await meter.close();
    return [...seen, told.threshold.length];
  };
  expect(await twice({})).toEqual([200, 402, 3]);
  expect(await twice({ window: 'month' })).toEqual([200, 402, 3]);
  expect(await twice({ window: 'month', by: ['tenant', 'plan'] })).toEqual([200, 402, 3]);
  expect(await twice({})).toEqual([402, 402, 0]);
});

test('a limit that is changed at run time counts at the next call after its minute, raised or lowered', async () => {
  const clock = manualClock(Date.UTC(2026, 9, 23));
  let limitUsd = 0.01;
  const meter = meterOf({ budgets: [{ ...BUDGET, limitUsd: () => limitUsd }], clock });
  expect(await statuses(meter, 'acme', 'acme')).toEqual([200, 402]);
  limitUsd = 0.03;
  expect(await statuses(meter, 'acme')).toEqual([402]);
  clock.advance(60_000);
  expect(await statuses(meter, 'acme')).toEqual([200]);
  limitUsd = 0.02;
  clock.advance(60_000);
  expect(await statuses(meter, 'acme', 'globex')).toEqual([402, 200]);
  expect(await meter.remaining({ tenant: 'globex' })).toMatchObject([{ remainingUsd: 0.01 }]);
});
