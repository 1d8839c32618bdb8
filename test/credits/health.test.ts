import type { MeterOptions } from '@eden-cost/core';
import { turnsUntil } from '../support/turns.js';
import { BALANCE_PATH, INTERVAL_MS, KEY, useWatchedEden } from '../support/watched-eden.js';

const start = useWatchedEden();

it('says how the credits are, and no amount unless it is asked for; it spends and reads nothing', async () => {
  const { eden, meter, reads, ask } = await start({ balanceUsd: 0.03 }, { credits: { apiKey: KEY, lowUsd: 0.02 } });
  expect((await meter.health()).credits).toEqual({ state: 'ok', circuit: 'closed' });
  await ask({ costUsd: 0.02 });
  expect((await meter.health()).credits).toEqual({ state: 'low', circuit: 'closed' });
  expect((await meter.health({ amounts: true })).credits).toEqual({
    state: 'low',
    circuit: 'closed',
    balanceUsd: 0.01,
  });
  await ask({ costUsd: 0.01 });
  await ask();
  expect(await meter.health()).toMatchObject({ status: 'up', credits: { state: 'exhausted', circuit: 'open' } });
  expect([reads(), eden.books().requests]).toEqual([1, 4]);
});

describe('when the balance cannot be read', () => {
  const unreadable = { credits: { apiKey: KEY, balanceUrl: 'http://127.0.0.1:9/' } };

  it.each<[string, MeterOptions, number]>([
    ['as long as the circuit denies calls', { circuit: { openMs: 2_000 } }, 2_000],
    ['5 seconds without a circuit', { circuit: false }, 5_000],
    ['5 seconds in observe mode', { mode: 'observe' }, 5_000],
  ])('a 402 says that nothing is left for %s', async (_how, options, lapseMs) => {
    const { eden, meter, clock, states, ask } = await start({ balanceUsd: 0 }, { ...unreadable, ...options });
    const state = async () => (await meter.health()).credits.state;
    expect(await ask()).toBe(402);
    clock.advance(lapseMs - 1);
    expect(await state()).toBe('exhausted');
    clock.advance(1);
    expect((await meter.health()).credits).toEqual({ state: 'unknown', circuit: 'closed' });
    expect([await ask(), await state()]).toEqual([402, 'exhausted']);
    clock.advance(lapseMs);
    await expect(ask({ reset: 'before-headers' })).rejects.toThrow();
    expect(states).toEqual(['exhausted']);
    eden.topUp(1);
    clock.advance(lapseMs);
    expect([await ask(), await ask()]).toEqual([200, 200]);
    expect(await state()).toBe('ok');
    eden.setBalance(0);
    expect([await ask(), await state()]).toEqual([402, 'ok']);
    expect(states).toEqual(['exhausted', 'refilled']);
    clock.advance(INTERVAL_MS);
    expect([await ask(), await state()]).toEqual([402, 'exhausted']);
    expect(states).toEqual(['exhausted', 'refilled', 'exhausted']);
  });
});

it.each<MeterOptions>([{}, { circuit: false }, { mode: 'observe' }])(
  "when the balance cannot be read, one key's own budget is not taken for the account's credits: %j",
  async (options) => {
    const { meter, clock, states, ask } = await start(
      { balanceUsd: 1_000, keys: [KEY, { key: 'sk-eden-small', balanceUsd: 0 }] },
      { credits: { apiKey: KEY, keys: ['sk-eden-small'], balanceUrl: 'http://127.0.0.1:9/' }, ...options },
    );
    const small = () => ask({}, { key: 'sk-eden-small' });
    expect(await small()).toBe(402);
    clock.advance(100);
    expect(await ask()).toBe(200);
    expect(states).toEqual(['exhausted', 'refilled']);
    for (let turn = 0; turn < 24; turn++) {
      clock.advance(5_000);
      expect([await small(), await ask()]).toEqual([402, 200]);
    }
    expect(states).toEqual(['exhausted', 'refilled']);
    expect((await meter.health()).credits.state).toBe('ok');
    expect([await ask({ status: 402 }), (await meter.health()).credits.state]).toEqual([402, 'exhausted']);
  },
);

it('a balance that was read lately, and is gone, stays exhausted until a read is too old to say so', async () => {
  const { eden, meter, clock, nextRead, errors } = await start({ balanceUsd: 0 });
  const state = async () => (await meter.health()).credits.state;
  clock.advance(30_000);
  expect(await state()).toBe('exhausted');
  await nextRead();
  expect(await state()).toBe('exhausted');
  eden.script({ match: { path: BALANCE_PATH }, status: 500, times: Number.POSITIVE_INFINITY });
  clock.advance(INTERVAL_MS);
  await turnsUntil(() => errors.length === 1);
  expect(await state()).toBe('exhausted');
  clock.advance(2 * INTERVAL_MS + 1);
  expect(await state()).toBe('unknown');
});
