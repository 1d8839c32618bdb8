import { KEY, useWatchedEden } from '../support/watched-eden.js';

const start = useWatchedEden();

/** Of a tenant, with an account of its own: nothing that it pays leaves the watched balance. */
const FOREIGN = { key: 'sk-eden-tenant' };
const SECOND = { key: 'sk-eden-second' };

/** A stand-in whose charges of the tenant's key are another account's. */
async function withTenant(keys?: string[], more: object = {}) {
  const watched = await start({ balanceUsd: 5 }, { credits: { apiKey: KEY, ...(keys && { keys }), ...more } });
  return {
    ...watched,
    async askForeign(costUsd: number): Promise<number> {
      const status = await watched.ask({ costUsd }, FOREIGN);
      watched.eden.topUp(costUsd);
      return status;
    },
    left: () => watched.meter.credits.balance()?.usd,
  };
}

describe('with the keys of the account named', () => {
  it('the charges of other keys are not taken off, nor in usage()', async () => {
    const { meter, clock, ask, askForeign, left } = await withTenant([KEY, SECOND.key]);
    await askForeign(2);
    expect([left(), meter.credits.balance()?.basis]).toEqual([5, 'reported']);
    await ask({ costUsd: 0.5 });
    await ask({ costUsd: 0.25 }, SECOND);
    expect(left()).toBe(4.25);
    const day = new Date(clock.now());
    expect((await meter.credits.usage({ from: day, to: day })).chargedNanos).toBe(750_000_000);
    expect(meter.snapshot().costNanos).toBe(2_750_000_000);
  });

  it('a 402 of another key says nothing of the account, nor does an answer', async () => {
    const { meter, states, ask } = await start(
      { balanceUsd: 0.01 },
      { credits: { apiKey: KEY, keys: [], balanceUrl: 'http://127.0.0.1:9/' }, circuit: false },
    );
    expect(await ask({ status: 402 }, FOREIGN)).toBe(402);
    expect([states, (await meter.health()).credits.state]).toEqual([[], 'unknown']);
    expect(await ask({ status: 402 })).toBe(402);
    expect(states).toEqual(['exhausted']);
    expect(await ask({ costUsd: 0.01 }, FOREIGN)).toBe(200);
    expect(states).toEqual(['exhausted']);
  });
});

describe('without', () => {
  it('the charges of other keys are taken off until a read shows that they were not, which is no purchase', async () => {
    const { states, nextRead, ask, askForeign, left } = await withTenant(undefined, { lowUsd: 2 });
    for (let turn = 1; turn <= 3; turn++) {
      await askForeign(1);
      await ask({ costUsd: 0.25 });
      expect(left()).toBe(5 - turn * 0.25 - 1);
      await nextRead();
      expect(left()).toBe(5 - turn * 0.25);
    }
    expect(states).toEqual([]);
  });

  it('they exhaust no balance', async () => {
    const { meter, states, nextRead, askForeign } = await withTenant();
    await askForeign(6);
    expect([states, (await meter.health()).credits.state]).toEqual([[], 'ok']);
    await nextRead();
    expect(states).toEqual([]);
  });

  it('a second key of the account draws on the same balance', async () => {
    const { ask, left, nextRead } = await withTenant();
    await ask({ costUsd: 0.5 }, SECOND);
    expect(left()).toBe(4.5);
    await nextRead();
    expect(left()).toBe(4.5);
  });
});

it('calls with a sandbox key change nothing, whatever their answers say, once the balance is read', async () => {
  const keys = [KEY, { key: 'sk-eden-sandbox', sandbox: true }];
  const { meter, states, ask, nextRead } = await start({ balanceUsd: 5, keys });
  const reply = { body: { choices: [], cost: 1 } };
  for (let call = 0; call < 3; call++) expect(await ask(reply, { key: 'sk-eden-sandbox' })).toBe(200);
  expect(meter.snapshot().costNanos).toBe(3_000_000_000);
  await nextRead();
  expect([meter.credits.balance()?.usd, meter.credits.balance()?.basis, states]).toEqual([5, 'reported', []]);
});

it('a call without a key goes through a proxy that adds it: it draws on the account', async () => {
  const { eden, meter } = await start({ balanceUsd: 5 }, { credits: { apiKey: KEY, keys: [] } });
  const body = JSON.stringify({ model: 'openai/gpt-4o', messages: [] });
  await (await fetch(`${eden.baseUrl}/chat/completions`, { method: 'POST', body })).text();
  expect(meter.credits.balance()).toMatchObject({ basis: 'estimated' });
  expect(meter.credits.balance()?.nanos).toBe(eden.books().balanceNanos);
});
