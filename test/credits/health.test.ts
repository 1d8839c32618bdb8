import { KEY, useWatchedEden } from '../support/watched-eden.js';

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
