import type { Ledger } from '@eden-cost/core';
import { manualClock } from '@eden-cost/testing';
import { chats } from '../support/chats.js';
import { hear, type MeteredEden } from '../support/meter.js';
import { until } from '../support/until.js';

const CENT = 10_000_000;

export interface SpoilableLedger {
  open(): Ledger;
  /** Makes what the ledger keeps of a call of this tenant, its only one, something that is not the ledger's. */
  spoil(tenant: string): Promise<void>;
  /** Puts back what was there. */
  mend(): Promise<void>;
}

/** What becomes of a settlement that a ledger which works cannot book, for what stands under the keys of that call alone. */
export function refusedSettlementContract(metered: MeteredEden, spoilable: SpoilableLedger): void {
  const { ask, heldCall } = chats(metered);

  const setup = async () => {
    const clock = manualClock(Date.now());
    const meter = metered.meter({
      budgets: [{ name: 'all', limitUsd: 0.02, window: 'total', by: 'tenant', estimateUsd: 0.01 }],
      ledger: spoilable.open(),
      rateCard: false,
      waitMs: 0,
      clock,
    });
    const told = hear(meter);
    const askFor = (tenant: string, costUsd: number) =>
      meter.run({ labels: { tenant } }, () => ask({ reply: { costUsd } }));
    const letGo = heldCall({ costUsd: 0.03 });
    const inFlight = meter.run({ labels: { tenant: 'acme' } }, () => ask());
    await metered.eden.received(1);
    await spoilable.spoil('acme');
    letGo();
    expect(await inFlight).toBe(200);
    await until('the settlement is kept', () => meter.snapshot().keptForLedger === 1);
    clock.advance(0);
    await until('the refusal is told', () => told.error.length === 1);
    expect(told.error).toMatchObject([{ problem: 'ledger', cause: { code: 'ERR_COST_LEDGER_QUESTION' } }]);
    return { meter, told, clock, askFor };
  };

  test('a settlement that is refused is booked once what stood in its way is gone, and no other call knows of it', async () => {
    const { meter, told, clock, askFor } = await setup();
    expect(await askFor('other', 0.005)).toBe(200);
    await spoilable.mend();
    clock.advance(1_000);
    await until('all is booked', () => meter.snapshot().keptForLedger === 0);
    expect(await meter.remaining({ tenant: 'acme' })).toMatchObject([{ remainingUsd: 0, heldUsd: 0 }]);
    expect(await meter.remaining({ tenant: 'other' })).toMatchObject([{ remainingUsd: 0.015, heldUsd: 0 }]);
    await until('the overrun is told', () => told.overrun.length > 0);
    expect(told.overrun.map(({ amount }) => amount)).toEqual([CENT]);
    expect(told.threshold.map(({ threshold, settledNanos }) => [threshold, settledNanos])).toEqual([
      [0.5, 3 * CENT],
      [0.8, 3 * CENT],
      [1, 3 * CENT],
    ]);
    expect({ ledger: told.ledger, errors: told.error.length }).toEqual({ ledger: [], errors: 1 });
  });

  test('a settlement that is refused until the end is told of with its amount', async () => {
    const { meter, told } = await setup();
    await meter.close();
    expect(told.ledger).toEqual([]);
    expect(told.error.slice(1)).toMatchObject([
      {
        problem: 'ledger-dropped',
        amount: 3 * CENT,
        message: expect.stringContaining('0.03 USD'),
        cause: { code: 'ERR_COST_LEDGER_QUESTION' },
      },
    ]);
    await spoilable.mend();
  });
}
