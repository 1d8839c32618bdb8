import { manualClock } from '@eden-cost/testing';
import { chats } from '../support/chats.js';
import { hear, useMeteredEden } from '../support/meter.js';

const metered = useMeteredEden();
const { ask, heldCall } = chats(metered);

describe('a window', () => {
  const HOUR = 3_600_000;
  const FRIDAY = Date.UTC(2026, 9, 23, 21, 30);

  it.each<[window: 'hour' | 'day' | 'week' | 'month', timeZone: string, ends: string]>([
    ['hour', 'UTC', '2026-10-23T22:00:00.000Z'],
    ['hour', 'Asia/Kolkata', '2026-10-23T22:30:00.000Z'],
    ['day', 'UTC', '2026-10-24T00:00:00.000Z'],
    ['day', 'Europe/Paris', '2026-10-23T22:00:00.000Z'],
    ['day', 'America/New_York', '2026-10-24T04:00:00.000Z'],
    ['week', 'UTC', '2026-10-26T00:00:00.000Z'],
    // summer time ends in that week
    ['week', 'Europe/Paris', '2026-10-25T23:00:00.000Z'],
    ['month', 'UTC', '2026-11-01T00:00:00.000Z'],
    ['month', 'Europe/Paris', '2026-10-31T23:00:00.000Z'],
  ])(
    'of a %s in %s ends at %s: until then it stays spent, and from then on there is room',
    async (window, timeZone, ends) => {
      const clock = manualClock(FRIDAY);
      const meter = metered.meter({
        budgets: [{ name: 'all', limitUsd: 0.01, window, timeZone }],
        clock,
        rateCard: false,
      });
      expect(await ask({ reply: { costUsd: 0.01 } })).toBe(200);
      expect(await meter.remaining()).toEqual([
        { budget: 'all', remainingUsd: 0, heldUsd: 0, resetsAt: new Date(ends) },
      ]);
      clock.advance(Date.parse(ends) - FRIDAY - 1);
      expect(await ask()).toBe(402);
      clock.advance(1);
      expect(await meter.remaining()).toMatchObject([{ remainingUsd: 0.01 }]);
      expect(await ask({ reply: { costUsd: 0.01 } })).toBe(200);
    },
  );

  it('"total" never ends', async () => {
    const clock = manualClock(FRIDAY);
    const meter = metered.meter({
      budgets: [{ name: 'all', limitUsd: 0.01, window: 'total' }],
      clock,
      rateCard: false,
    });
    expect(await ask({ reply: { costUsd: 0.01 } })).toBe(200);
    clock.advance(400 * 24 * HOUR);
    expect(await ask()).toBe(402);
    expect((await meter.remaining())[0]).not.toHaveProperty('resetsAt');
  });

  it('is charged what was reserved in it, also when the call ends after midnight', async () => {
    const clock = manualClock(Date.UTC(2026, 9, 23, 23, 59, 59));
    const meter = metered.meter({
      budgets: [{ name: 'daily', limitUsd: 1, window: 'day' }],
      clock,
      rateCard: false,
    });
    const told = hear(meter);
    const letGo = heldCall({ costUsd: 1.5 });
    const answer = ask();
    await metered.eden.received(1);
    clock.advance(2_000);
    letGo();
    await answer;
    expect(told.overrun).toMatchObject([{ budget: 'daily', amount: 500_000_000 }]);
    expect(await meter.remaining()).toMatchObject([{ remainingUsd: 1, heldUsd: 0 }]);
    clock.set(Date.UTC(2026, 9, 23, 12));
    expect(await meter.remaining()).toMatchObject([{ remainingUsd: 0 }]);
  });
});
