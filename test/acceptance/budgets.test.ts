import { manualClock } from '@eden-cost/testing';
import OpenAI from 'openai';
import { CHAT } from '../support/calls.js';
import { chats } from '../support/chats.js';
import { countOf, many, sum } from '../support/lists.js';
import { hear, useMeteredEden } from '../support/meter.js';
import { between, seededRandom } from '../support/random.js';
import { recordingLedger } from '../support/recording-ledger.js';

const metered = useMeteredEden();
const { ask } = chats(metered);

describe('200 calls of 0.01 at once on a budget of 1 USD', () => {
  const budget = { name: 'all', limitUsd: 1, window: 'total', estimateUsd: 0.01 } as const;

  it('exactly 100 reach Eden AI, 100 are denied, and nothing stays held', async () => {
    const meter = metered.meter({ budgets: [budget], clock: manualClock(), rateCard: false });
    const told = hear(meter);
    const statuses = await Promise.all(many(200, () => ask({ reply: { costUsd: 0.01 } })));
    expect(metered.eden.books()).toMatchObject({ requests: 100, totalNanos: 1_000_000_000 });
    expect([countOf(statuses, 200), countOf(statuses, 402)]).toEqual([100, 100]);
    expect(told.denied.map(({ reason, enforced }) => [reason, enforced])).toEqual(many(100, () => ['spent', true]));
    expect(await meter.remaining()).toEqual([{ budget: 'all', remainingUsd: 0, heldUsd: 0 }]);
    expect(meter.snapshot()).toMatchObject({ calls: 100, deniedCalls: 100, overrunNanos: 0, callsInFlight: 0 });
    expect(told.overrun).toEqual([]);
  });

  it('through the openai SDK with its retries: each denied call is one attempt, and its own 402', async () => {
    const meter = metered.meter({ budgets: [budget], clock: manualClock(), rateCard: false });
    const openai = new OpenAI({ baseURL: metered.eden.baseUrl, apiKey: 'any' });
    metered.eden.script({ costUsd: 0.01, times: 200 });
    const results = await Promise.allSettled(many(200, () => openai.chat.completions.create(CHAT)));
    const failures = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
    expect(failures).toHaveLength(100);
    for (const error of failures) {
      expect(error).toBeInstanceOf(OpenAI.APIError);
      expect(error).toMatchObject({ status: 402, code: 'ERR_COST_BUDGET_EXCEEDED' });
    }
    expect(metered.eden.books()).toMatchObject({ requests: 100, totalNanos: 1_000_000_000 });
    expect(meter.snapshot().deniedCalls).toBe(100);
    expect((await meter.remaining())[0]?.heldUsd).toBe(0);
  });

  it('with an account for each tenant: 100 for each of two, whoever comes first', async () => {
    const meter = metered.meter({
      budgets: [{ ...budget, by: 'tenant' }],
      clock: manualClock(),
      rateCard: false,
      paymentRequired: 'respond',
    });
    const ofTenant = (tenant: string) => meter.run({ labels: { tenant } }, () => ask({ reply: { costUsd: 0.01 } }));
    const statuses = await Promise.all(many(300, (index) => ofTenant(index % 2 ? 'acme' : 'zeta')));
    expect([countOf(statuses, 200), countOf(statuses, 402)]).toEqual([200, 100]);
    expect(metered.eden.books().requests).toBe(200);
    for (const tenant of ['acme', 'zeta']) {
      expect(await meter.remaining({ tenant })).toEqual([{ budget: 'all', remainingUsd: 0, heldUsd: 0 }]);
    }
    expect((await meter.remaining({ tenant: 'new' }))[0]?.remainingUsd).toBe(1);
  });
});

describe('costs that no estimate foresees', () => {
  const LIMIT = 1_000_000_000;
  const random = seededRandom(42);
  const MIXED = [0.03, 0.0002, 1.5, 0.010000001, 0.000000001];

  it.each<[name: string, calls: number, costUsd: (index: number) => number]>([
    ['0.03 USD, 200 at once', 200, () => 0.03],
    ['0.0002 USD, 200 at once', 200, () => 0.0002],
    ['1.50 USD, 50 at once', 50, () => 1.5],
    ['a mixture, 150 at once', 150, () => MIXED[between(random, 0, MIXED.length - 1)] as number],
  ])(
    '%s: overspend is no more than cost − held of the calls in flight, and is told to the nano',
    async (_, calls, costUsd) => {
      const ledger = recordingLedger({ clock: manualClock() });
      const meter = metered.meter({
        budgets: [{ name: 'all', limitUsd: 1, window: 'total' }],
        rateCard: false,
        clock: manualClock(),
        ledger,
      });
      const told = hear(meter);
      const statuses = await Promise.all(many(calls, (index) => ask({ reply: { costUsd: costUsd(index) } })));

      const spent = metered.eden.books().totalNanos;
      const overspend = Math.max(0, spent - LIMIT);
      const beyondHeld = sum([...ledger.calls.values()].map(({ held, settled = 0 }) => Math.max(0, settled - held)));
      expect(overspend).toBeLessThanOrEqual(beyondHeld);
      expect(sum(told.overrun.map(({ amount }) => amount))).toBe(overspend);
      expect(meter.snapshot()).toMatchObject({ overrunNanos: overspend, costNanos: spent });
      expect(sum(told.charge.map(({ overrun }) => overrun))).toBe(overspend);
      expect(countOf(statuses, 200)).toBe(metered.eden.books().requests);
      expect((await meter.remaining())[0]).toEqual({
        budget: 'all',
        remainingUsd: Math.max(0, LIMIT - spent) / 1e9,
        heldUsd: 0,
      });
      if (overspend > 0) {
        expect(await ask({ reply: { costUsd: 0.000000001 } })).toBe(402);
        expect(metered.eden.books().totalNanos).toBe(spent);
      }
    },
  );

  it('overrun is summed over the budgets that were exceeded, each by its own part', async () => {
    const meter = metered.meter({
      budgets: [
        { name: 'small', limitUsd: 0.5, window: 'total' },
        { name: 'large', limitUsd: 1, window: 'total' },
      ],
      rateCard: false,
    });
    const told = hear(meter);
    expect(await ask({ reply: { costUsd: 1.5 } })).toBe(200);
    expect(told.overrun.map(({ budget, amount }) => [budget, amount])).toEqual([
      ['small', 1_000_000_000],
      ['large', 500_000_000],
    ]);
    expect(told.charge[0]?.overrun).toBe(1_000_000_000);
    expect(meter.snapshot().overrunNanos).toBe(1_500_000_000);
  });

  it('a budget of 0.005 USD for one request admits a call of 0.0002 at the first try, and ends when it is spent', async () => {
    const meter = metered.meter({
      budgets: [{ name: 'one-request', limitUsd: 0.005, window: 'request' }],
      rateCard: false,
      paymentRequired: 'respond',
    });
    const request = (costs: number[]) =>
      meter.run({}, async () => {
        const statuses = [];
        for (const costUsd of costs) statuses.push(await ask({ reply: { costUsd } }));
        return statuses;
      });
    expect(await request([0.0002])).toEqual([200]);
    expect(await request([0.002, 0.002, 0.002])).toEqual([200, 200, 402]);
    expect(await request([0.0002])).toEqual([200]);
    expect(metered.eden.books().requests).toBe(4);
  });
});
