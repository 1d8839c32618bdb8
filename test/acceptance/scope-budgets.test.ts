import type { CostScope } from '@eden-cost/core';
import { manualClock } from '@eden-cost/testing';
import { chats } from '../support/chats.js';
import { useMeteredEden } from '../support/meter.js';

const metered = useMeteredEden();
const { ask } = chats(metered);

describe('a scope', () => {
  const setup = (more: object = {}) =>
    metered.meter({
      budgets: [
        { name: 'tenant-daily', limitUsd: 1, window: 'day', by: 'tenant', estimateUsd: 0.4 },
        { name: 'unlimited', limitUsd: Number.POSITIVE_INFINITY, window: 'month' },
      ],
      clock: manualClock(),
      rateCard: false,
      paymentRequired: 'respond',
      ...more,
    });
  const scopeOf = (meter: ReturnType<typeof setup>) => meter.current() as CostScope;

  it('says what remains of each budget: the number that is enforced', async () => {
    const meter = setup();
    await meter.run({ labels: { tenant: 'acme' } }, async () => {
      await ask({ reply: { costUsd: 0.25 } });
      expect(await scopeOf(meter).remaining()).toEqual([
        { budget: 'tenant-daily', remainingUsd: 0.75, heldUsd: 0, resetsAt: new Date('2026-01-02T00:00:00Z') },
        {
          budget: 'unlimited',
          remainingUsd: Number.POSITIVE_INFINITY,
          heldUsd: 0,
          resetsAt: new Date('2026-02-01T00:00:00Z'),
        },
      ]);
      expect(await scopeOf(meter).remaining('tenant-daily')).toHaveLength(1);
    });
    expect(await meter.remaining({ tenant: 'acme' })).toMatchObject([{ remainingUsd: 0.75 }, {}]);
  });

  it('checks for room without holding any, and rejects with the typed error', async () => {
    const meter = setup();
    await meter.run({ labels: { tenant: 'acme' } }, async () => {
      const scope = scopeOf(meter);
      await scope.check();
      await scope.check({ estimateUsd: 1 });
      await expect(scope.check({ estimateUsd: 1.000000001 })).rejects.toMatchObject({
        code: 'ERR_COST_BUDGET_EXCEEDED',
        budget: 'tenant-daily',
        reason: 'spent',
        status: 402,
        limitNanos: 1_000_000_000,
        settledNanos: 0,
      });
      await ask({ reply: { costUsd: 0.7 } });
      await expect(scope.check()).rejects.toMatchObject({ budget: 'tenant-daily', settledNanos: 700_000_000 });
      await scope.check({ budget: 'unlimited' });
      expect(await scope.remaining('tenant-daily')).toMatchObject([{ heldUsd: 0, remainingUsd: 0.3 }]);
      expect(scope.denials).toHaveLength(2);
      expect(await ask()).toBe(402);
    });
    expect(metered.eden.books().requests).toBe(1);
  });

  it('does not put amounts, names or labels into the message of the error', async () => {
    const meter = setup();
    await meter.run({ labels: { tenant: 'acme' } }, async () => {
      const error = await scopeOf(meter)
        .check({ estimateUsd: 2 })
        .catch((caught: Error) => caught);
      expect((error as Error).message).not.toMatch(/acme|tenant|\d/);
    });
  });

  it('has the limit of its plan, asked once a minute, and again after refresh()', async () => {
    const plans = new Map([['acme', 0.01]]);
    let asked = 0;
    const clock = manualClock();
    const meter = setup({
      clock,
      budgets: [
        {
          name: 'plan',
          window: 'month',
          by: 'tenant',
          limitUsd: async (scope: CostScope) => {
            asked += 1;
            return plans.get(scope.labels.tenant ?? '') ?? 0;
          },
        },
      ],
    });
    await meter.run({ labels: { tenant: 'acme' } }, async () => {
      expect(await ask({ reply: { costUsd: 0.01 } })).toBe(200);
      expect(await ask()).toBe(402);
      plans.set('acme', 1);
      expect(await ask()).toBe(402);
      expect(asked).toBe(1);
      scopeOf(meter).refresh();
      expect(await ask({ reply: { costUsd: 0.01 } })).toBe(200);
      plans.set('acme', 0.01);
      clock.advance(60_000);
      expect(await ask()).toBe(402);
      expect(asked).toBe(3);
    });
    await meter.run({ labels: { tenant: 'stranger' } }, async () => expect(await ask()).toBe(402));
  });
});
