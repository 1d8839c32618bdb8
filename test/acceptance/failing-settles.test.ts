import { memoryLedger } from '@eden-cost/core';
import { manualClock } from '@eden-cost/testing';
import { chats } from '../support/chats.js';
import { useMeteredEden } from '../support/meter.js';

const metered = useMeteredEden();
const { ask } = chats(metered);

test('a ledger that fails while it books gives nothing back', async () => {
  const clock = manualClock();
  const inner = memoryLedger({ clock });
  const settle = inner.settle.bind(inner);
  let fails = true;
  const ledger = Object.assign(inner, {
    settle: (...settled: Parameters<typeof settle>) => {
      if (fails) throw new Error('read ECONNRESET');
      return settle(...settled);
    },
  });
  const budget = { name: 'all', limitUsd: 0.01, window: 'total', estimateUsd: 0.01 } as const;
  const meter = metered.meter({ ledger, budgets: [budget], clock, waitMs: 0, rateCard: false });
  expect(await ask({ reply: { costUsd: 0.01 } })).toBe(200);
  expect(await ask()).toBe(402);
  fails = false;
  clock.advance(600_000);
  expect(await ask()).toBe(402);
  expect(await meter.remaining()).toEqual([{ budget: 'all', remainingUsd: 0, heldUsd: 0 }]);
});
