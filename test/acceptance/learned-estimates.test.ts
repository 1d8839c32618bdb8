import type { Meter, MeterOptions } from '@eden-cost/core';
import type { ReplyOptions } from '@eden-cost/testing';
import { CHAT, postInit, readAnswer } from '../support/calls.js';
import { chats } from '../support/chats.js';
import { JOB, JOB_USD, jobs } from '../support/jobs.js';
import { many } from '../support/lists.js';
import { hear, useMeteredEden } from '../support/meter.js';
import { boundUsd, RATES } from '../support/rates.js';

const metered = useMeteredEden();
const { start, poll } = jobs(metered);
const { ask, heldCall } = chats(metered);

const MODEL = 'anthropic/claude-sonnet-4-5';
const TOKENS = { inputTokens: 100, outputTokens: 9 };
const RATED = 100 * 3_000 + 9 * 15_000;

const meterOf = (rateCard: MeterOptions['rateCard'] = false) =>
  metered.meter({ budgets: [{ name: 'all', limitUsd: 1e3, window: 'total' }], rateCard });
const heldUsd = async (meter: Meter) => (await meter.remaining())[0]?.heldUsd ?? 0;

/** A job that costs 0.02 USD, read to its end. */
async function runJob(more: ReplyOptions = {}): Promise<void> {
  await poll(JOB, await start(JOB, { settledCostUsd: '0.02', pollsNeeded: 0, ...more }));
}

const stream = async (reply: ReplyOptions) => {
  const body = { ...CHAT, model: MODEL, stream: true };
  return readAnswer(await fetch(`${metered.eden.baseUrl}/v1/messages`, postInit(body, { reply })));
};

describe('an estimate, after twenty calls', () => {
  it('of a job comes from what they came to', async () => {
    const meter = meterOf();
    await Promise.all(many(20, () => runJob()));
    expect(await heldUsd(meter)).toBe(0);
    await start(JOB);
    expect(await heldUsd(meter)).toBeGreaterThanOrEqual(0.02);
    expect(await heldUsd(meter)).toBeLessThan(0.03);
  });

  it('of a job does not come from failed ones', async () => {
    const meter = meterOf();
    await Promise.all(many(20, () => runJob({ outcome: 'fail' })));
    await start(JOB);
    expect(await heldUsd(meter)).toBe(JOB_USD);
  });

  it('of a stream of messages comes from their tokens', async () => {
    const meter = meterOf({ [MODEL]: { inputUsdPerToken: 3e-6, outputUsdPerToken: 1.5e-5 } });
    const { charge: charges } = hear(meter);
    await Promise.all(many(20, () => stream(TOKENS)));
    await stream({ reset: 'before-headers' }).catch(() => {});
    const guess = charges.at(-1);
    expect(guess).toMatchObject({ basis: 'estimated' });
    expect(guess?.amount).toBeGreaterThanOrEqual(RATED);
    expect(guess?.amount).toBeLessThan(RATED * 1.2);
  });

  it('of a stream of messages does not come from those that broke off', async () => {
    const meter = meterOf({ [MODEL]: { inputUsdPerToken: 3e-6, outputUsdPerToken: 1.5e-5 } });
    const { charge: charges } = hear(meter);
    await Promise.all(many(20, () => stream({ ...TOKENS, cutAfterEvents: 9 })));
    await stream({ reset: 'before-headers' }).catch(() => {});
    expect(charges.at(-1)).toMatchObject({ basis: 'estimated', amount: 10_000_000 });
  });

  it.each([
    ['below the worst case: what such calls have cost', 4_000, 0.001, 0.00119],
    ['above the worst case: the worst case', 1, 0.04, undefined],
  ])('of a call with max_tokens is the lower of the two; %s', async (_name, max_tokens, costUsd, atMostUsd) => {
    const meter = meterOf(RATES);
    const body = { ...CHAT, max_tokens };
    await Promise.all(many(20, () => ask({ reply: { costUsd } }, body)));
    const letGo = heldCall({ costUsd });
    const answer = ask({}, body);
    await metered.eden.received(21);
    const held = await heldUsd(meter);
    letGo();
    await answer;
    if (atMostUsd === undefined) expect(held).toBe(boundUsd(body));
    else expect([held >= costUsd, held <= atMostUsd]).toEqual([true, true]);
  });
});
