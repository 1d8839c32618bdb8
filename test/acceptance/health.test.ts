import { type Ledger, memoryLedger } from '@eden-cost/core';
import { manualClock } from '@eden-cost/testing';
import { useMeteredEden } from '../support/meter.js';

const metered = useMeteredEden();

const ledgerWith = (balances: Ledger['balances']): Ledger => Object.assign(memoryLedger(), { balances });

test('is up, and says where the balances are', async () => {
  const meter = metered.meter({ rateCard: false });
  expect(await meter.health()).toEqual({
    status: 'up',
    mode: 'enforce',
    ledger: { name: 'memory', reachable: true },
    credits: { state: 'off', circuit: 'closed' },
    callsInFlight: 0,
  });
  expect(metered.eden.books().requests).toBe(0);
});

test('is degraded while the ledger fails', async () => {
  const meter = metered.meter({ ledger: ledgerWith(() => Promise.reject(new Error('connect ECONNREFUSED'))) });
  expect(await meter.health()).toMatchObject({ status: 'degraded', ledger: { reachable: false } });
});

test('is degraded, after a second, while the ledger never answers', async () => {
  const clock = manualClock();
  const meter = metered.meter({ clock, ledger: ledgerWith(() => new Promise(() => {})) });
  const health = meter.health();
  clock.advance(1_000);
  expect(await health).toMatchObject({ status: 'degraded', ledger: { reachable: false } });
});
