import { type Budget, type MeterOptions, memoryLedger } from '@eden-cost/core';
import { manualClock } from '@eden-cost/testing';
import { chats } from '../support/chats.js';
import { hear, nextEvent, useMeteredEden } from '../support/meter.js';

const metered = useMeteredEden();
const { ask, heldCall } = chats(metered);

describe('operators', () => {
  it('are told 50, 80 and 100 % of a limit, once each', async () => {
    const meter = metered.meter({ budgets: [{ name: 'all', limitUsd: 1, window: 'total' }], rateCard: false });
    const told = hear(meter);
    for (const costUsd of [0.4, 0.1, 0.1, 0.3, 0.05, 0.05]) expect(await ask({ reply: { costUsd } })).toBe(200);
    expect(told.threshold.map(({ threshold, settledNanos }) => [threshold, settledNanos])).toEqual([
      [0.5, 500_000_000],
      [0.8, 900_000_000],
      [1, 1_000_000_000],
    ]);
  });

  it('can raise what one account may spend in its window', async () => {
    const meter = metered.meter({ budgets: [{ name: 'all', limitUsd: 0.01, window: 'day' }], rateCard: false });
    expect(await ask({ reply: { costUsd: 0.01 } })).toBe(200);
    expect(await ask()).toBe(402);
    await meter.topUp('all', undefined, 0.02, { actor: 'ada', reason: 'a demo' });
    expect(await ask({ reply: { costUsd: 0.01 } })).toBe(200);
    expect(await meter.remaining()).toMatchObject([{ remainingUsd: 0.01 }]);
  });

  it('cannot raise it beyond what is exact', async () => {
    const meter = metered.meter({ budgets: [{ name: 'all', limitUsd: 0.01, window: 'total' }], rateCard: false });
    const note = { actor: 'ada', reason: 'as good as no limit' };
    await meter.topUp('all', undefined, 9_000_000, note);
    await expect(meter.topUp('all', undefined, 9_000_000, note)).rejects.toThrow('let limitUsd be Infinity');
    expect(await meter.remaining()).toMatchObject([{ remainingUsd: 9_000_000.01 }]);
  });

  it('see who raised it in this window, when, by how much and why', async () => {
    const clock = manualClock(Date.UTC(2026, 9, 23, 12));
    const at = clock.now();
    const meter = metered.meter({ budgets: [{ name: 'daily', limitUsd: 1, window: 'day', by: 'tenant' }], clock });
    await meter.topUp('daily', 'acme', 0.5, { actor: 'ada', reason: 'a demo' });
    clock.advance(1_000);
    await meter.topUp('daily', 'acme', 2, { actor: 'bob', reason: 'ticket 4711' });
    const any = { id: expect.any(String) };
    expect(await meter.topUps('daily', 'acme')).toEqual([
      { ...any, at, amount: 500_000_000, actor: 'ada', reason: 'a demo' },
      { ...any, at: at + 1_000, amount: 2_000_000_000, actor: 'bob', reason: 'ticket 4711' },
    ]);
    expect(await meter.topUps('daily', 'other')).toEqual([]);
    await expect(meter.topUps('daily')).rejects.toThrow(/an account for each tenant/);
    clock.advance(24 * 3_600_000);
    expect(await meter.topUps('daily', 'acme')).toEqual([]);
  });

  it('are told when their ledger cannot say who raised it', async () => {
    const ledger = Object.assign(memoryLedger(), { topUps: undefined });
    const meter = metered.meter({ ledger, budgets: [{ name: 'all', limitUsd: 1, window: 'total' }] });
    await expect(meter.topUps('all')).rejects.toThrow('topUps() needs a ledger that can read them back');
  });

  it('see the reservation of a call that nobody watches any more expire, charged; its true cost corrects that', async () => {
    const clock = manualClock();
    const budgets: Budget[] = [{ name: 'all', limitUsd: 1, window: 'total', estimateUsd: 0.04 }];
    const options: MeterOptions = { budgets, clock, ledger: memoryLedger({ clock }), rateCard: false };
    const died = metered.meter(options);
    const letGo = heldCall({ costUsd: 0.01 });
    const answer = ask();
    await metered.eden.received(1);
    await died.close({ timeoutMs: 0 });

    const meter = metered.meter(options);
    expect(await meter.remaining()).toMatchObject([{ heldUsd: 0.04, remainingUsd: 0.96 }]);
    clock.advance(60_000);
    expect(await meter.remaining()).toMatchObject([{ heldUsd: 0, remainingUsd: 0.96 }]);
    letGo();
    await answer;
    expect(await meter.remaining()).toMatchObject([{ heldUsd: 0, remainingUsd: 0.99 }]);
  });

  it('see a long call keep its reservation alive', async () => {
    const clock = manualClock();
    const meter = metered.meter({
      budgets: [{ name: 'all', limitUsd: 1, window: 'total', estimateUsd: 0.04 }],
      clock,
      rateCard: false,
    });
    const letGo = heldCall({ costUsd: 0.01 });
    const answer = ask();
    await metered.eden.received(1);
    for (let minute = 0; minute < 10; minute++) await clock.advanceAsync(60_000);
    expect(await meter.remaining()).toMatchObject([{ heldUsd: 0.04, remainingUsd: 0.96 }]);
    const charged = nextEvent(meter, 'charge');
    letGo();
    await answer;
    expect(await charged).toMatchObject({ amount: 10_000_000, basis: 'reported' });
    expect(await meter.remaining()).toMatchObject([{ heldUsd: 0, remainingUsd: 0.99 }]);
  });
});
