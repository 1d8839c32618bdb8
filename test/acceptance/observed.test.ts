import type { Meter } from '@eden-cost/core';
import { manualClock } from '@eden-cost/testing';
import { chats } from '../support/chats.js';
import { useMeteredEden } from '../support/meter.js';

const metered = useMeteredEden();
const { ask, heldCall } = chats(metered);

const START = Date.UTC(2026, 9, 23, 12);

const askAs = (meter: Meter, tenant: string | undefined, costUsd: number, status?: number) =>
  meter.run({ labels: { tenant } }, () => ask({ reply: { costUsd, ...(status && { status }) } }));

describe('observe mode', () => {
  it('reports by budget and tenant how many calls it would have denied, when, and what they have cost', async () => {
    const clock = manualClock(START);
    const meter = metered.meter({
      mode: 'observe',
      clock,
      rateCard: false,
      budgets: [
        { name: 'tenant-daily', limitUsd: 0.02, window: 'day', by: 'tenant' },
        { name: 'all', limitUsd: 0.1, window: 'day' },
      ],
    });
    expect(meter.observed()).toEqual([]);
    for (const costUsd of [0.02, 0.03, 0.04]) {
      expect(await askAs(meter, 'acme', costUsd)).toBe(200);
      clock.advance(1_000);
    }
    expect(await askAs(meter, undefined, 0.02)).toBe(200);
    expect(await askAs(meter, undefined, 0.005)).toBe(200);
    expect(meter.observed()).toEqual([
      {
        budget: 'tenant-daily',
        labels: { tenant: 'acme' },
        spent: 2,
        held: 0,
        firstAt: START + 1_000,
        lastAt: START + 2_000,
        costNanos: 70_000_000,
      },
      expect.objectContaining({ budget: 'tenant-daily', labels: {}, spent: 1, costNanos: 5_000_000 }),
      expect.objectContaining({ budget: 'all', labels: {}, spent: 1, costNanos: 5_000_000 }),
    ]);
    expect(meter.snapshot()).toMatchObject({ deniedCalls: 0, observedDenials: 4 });
  });

  it('tells calls that would only have waited from those that would have been denied at once', async () => {
    const meter = metered.meter({
      rateCard: false,
      budgets: [{ name: 'all', limitUsd: 0.01, window: 'total', estimateUsd: 0.01, mode: 'observe' }],
    });
    const letGo = heldCall({ costUsd: 0.000001 });
    const first = ask();
    await metered.eden.received(1);
    expect(await ask({ reply: { costUsd: 0.002 } })).toBe(200);
    expect(meter.observed()).toMatchObject([{ spent: 0, held: 1, costNanos: 2_000_000 }]);
    letGo();
    await first;
  });

  it('counts a call that Eden AI did not bill, at nothing', async () => {
    const meter = metered.meter({
      rateCard: false,
      budgets: [{ name: 'all', limitUsd: 0, window: 'total', mode: 'observe' }],
    });
    expect(await ask({ reply: { status: 500 } })).toBe(500);
    expect(meter.observed()).toMatchObject([{ budget: 'all', spent: 1, costNanos: 0 }]);
  });

  it('reports nothing of what is enforced', async () => {
    const meter = metered.meter({ rateCard: false, budgets: [{ name: 'all', limitUsd: 0, window: 'total' }] });
    expect(await ask()).toBe(402);
    expect(meter.observed()).toEqual([]);
  });
});
