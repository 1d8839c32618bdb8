import type { LogLine, MeterOptions } from '@eden-cost/core';
import { manualClock } from '@eden-cost/testing';
import { chats } from '../support/chats.js';
import { many } from '../support/lists.js';
import { useMeteredEden } from '../support/meter.js';

const metered = useMeteredEden();
const { ask, heldCall } = chats(metered);

function logged(options: MeterOptions = {}) {
  const lines: LogLine[] = [];
  const clock = manualClock();
  const meter = metered.meter({ rateCard: false, clock, logger: (line) => void lines.push(line), ...options });
  return { lines, clock, meter };
}

describe('at start, one line', () => {
  it('says the hosts, the budgets, the mode and the ledger', () => {
    const { lines } = logged({
      baseUrls: ['https://api.edenai.run', 'https://proxy.example/eden'],
      budgets: [
        { name: 'all', limitUsd: 5, window: 'day' },
        { name: 'images', limitUsd: 20, window: 'month', routes: 'named' },
      ],
      mode: 'observe',
    });
    expect(lines).toEqual([
      {
        level: 30,
        msg: 'edenai cost meter started',
        edenai: {
          hosts: ['https://api.edenai.run', 'https://proxy.example/eden'],
          budgets: ['all', 'images'],
          mode: 'observe',
          ledger: 'memory',
        },
      },
    ]);
  });

  it('of the defaults: both hosts of Eden AI, no budget, enforcing', () => {
    const { lines } = logged({ baseUrls: undefined as never });
    expect(lines[0]?.edenai).toEqual({
      hosts: ['https://api.edenai.run', 'https://api.eu.edenai.run'],
      budgets: [],
      mode: 'enforce',
      ledger: 'memory',
    });
  });
});

describe('denials', () => {
  const told = (lines: readonly LogLine[]) =>
    lines
      .filter(({ msg }) => msg.includes('denied'))
      .map(({ level, msg, edenai }) => [level, msg, (edenai as { count: number }).count]);

  it('are one line for each budget and reason in a minute, the first at once, the others with their count', async () => {
    const { lines, clock } = logged({
      budgets: [
        { name: 'chats', limitUsd: 0, window: 'total', match: ({ model }) => model === 'openai/gpt-4o' },
        { name: 'others', limitUsd: 0, window: 'total', match: ({ model }) => model !== 'openai/gpt-4o' },
      ],
    });
    const other = { model: 'mistral/small', messages: [] };
    for (const _ of many(3, Number)) expect(await ask()).toBe(402);
    for (const _ of many(2, Number)) expect(await ask({}, other)).toBe(402);
    expect(told(lines)).toEqual([
      [40, 'edenai calls denied: budget "chats" is spent', 1],
      [40, 'edenai calls denied: budget "others" is spent', 1],
    ]);
    clock.advance(60_000);
    expect(told(lines).slice(2)).toEqual([
      [40, 'edenai calls denied: budget "chats" is spent', 2],
      [40, 'edenai calls denied: budget "others" is spent', 1],
    ]);
    clock.advance(600_000);
    expect(await ask()).toBe(402);
    expect(told(lines).slice(4)).toEqual([[40, 'edenai calls denied: budget "chats" is spent', 1]]);
  });

  it('say when a budget is only held, and when nothing is enforced', async () => {
    const budget = { limitUsd: 0.01, window: 'total', estimateUsd: 0.01 } as const;
    const { lines } = logged({
      waitMs: 0,
      budgets: [
        { ...budget, name: 'held' },
        { ...budget, name: 'watched', mode: 'observe' },
      ],
    });
    const letGo = heldCall({ costUsd: 0 });
    const first = ask();
    await metered.eden.received(1);
    expect(await ask()).toBe(402);
    letGo();
    await first;
    expect(told(lines)).toContainEqual([40, 'edenai calls denied: budget "held" is held', 1]);
    expect(told(lines).every(([, msg]) => !String(msg).includes('denied: budget "watched"'))).toBe(true);
  });

  it('say when the limit of a plan cannot be had, and then of no threshold', async () => {
    const failing = () => {
      throw new Error('no plan');
    };
    const { lines } = logged({ budgets: [{ name: 'plan', limitUsd: failing, window: 'total' }] });
    expect(await ask()).toBe(402);
    expect(told(lines)).toEqual([[40, 'edenai calls denied: budget "plan" cannot be asked', 1]]);
    expect(lines.map(({ msg }) => msg)).not.toContainEqual(expect.stringContaining('%'));
  });

  it('that were kept back are told when the meter is closed', async () => {
    const { lines, meter, clock } = logged({ budgets: [{ name: 'all', limitUsd: 0, window: 'total' }] });
    for (const _ of many(4, Number)) await ask();
    await meter.close();
    expect(told(lines).map(([, , count]) => count)).toEqual([1, 3]);
    expect(lines.at(-1)).toEqual({
      level: 30,
      msg: 'edenai cost meter closed',
      edenai: { restored: true, unsettled: 0 },
    });
    expect(clock.pending).toBe(0);
  });
});
