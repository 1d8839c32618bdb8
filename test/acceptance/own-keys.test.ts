import type { Charge, Ledger, Meter, MeterOptions } from '@eden-cost/core';
import { manualClock } from '@eden-cost/testing';
import { CHAT, postInit, readAnswer } from '../support/calls.js';
import { balance, JOB, JOB_USD, jobs, SETTLED } from '../support/jobs.js';
import { hear, useMeteredEden } from '../support/meter.js';
import { RATES } from '../support/rates.js';
import { recordingLedger } from '../support/recording-ledger.js';

const metered = useMeteredEden();
const { call, startIn, poll } = jobs(metered);

const BYOK = { byok: true, metadata: true } as const;
const BUDGET = { name: 'all', limitUsd: 100, window: 'total' } as const;
const meterOf = (options: MeterOptions = {}): Meter =>
  metered.meter({ budgets: [BUDGET], rateCard: RATES, ...options });

const EXTERNAL: Partial<Charge> = { amount: 0, basis: 'external' };
const UNTOUCHED = { heldUsd: 0, remainingUsd: 100 };

/** With the account's own provider key nothing leaves the credits, whatever else an answer says. */
describe("an answer that says that the account's own provider key paid", () => {
  it.each([
    ['and counts tokens, but says no cost', '/v3/v1/messages', { stream: true, max_tokens: 9 }, {}],
    ['and is cut after its first event', '/v3/chat/completions', { stream: true }, { cutAfterEvents: 1 }],
    ['and says no cost', '/v3/chat/completions', {}, { costAs: 'missing' }],
    ['and says a cost that is none', '/v3/chat/completions', {}, { costAs: { raw: 'NaN' } }],
  ] as const)('%s, is charged nothing', async (_name, path, body, reply) => {
    const meter = meterOf();
    const { charge: charges, error } = hear(meter);
    const init = postInit({ ...CHAT, ...body }, { reply: { ...BYOK, ...reply } });
    await readAnswer(await fetch(metered.eden.url + path, init));
    expect(charges).toEqual([expect.objectContaining(EXTERNAL)]);
    expect(error).toEqual([]);
    expect(await balance(meter)).toEqual(UNTOUCHED);
  });

  it('and that it failed, is a failed call, and no charge', async () => {
    const meter = meterOf();
    const { charge: charges } = hear(meter);
    metered.eden.script({ status: 500, body: { error: {}, edenai_metadata: { is_byok: true } } });
    await readAnswer(await fetch(`${metered.eden.baseUrl}/chat/completions`, postInit(CHAT)));
    expect(charges).toEqual([]);
    expect(meter.snapshot()).toMatchObject({ failedCalls: 1 });
  });
});

describe("a job that the account's own provider key pays for", () => {
  it('takes no room on a budget', async () => {
    const meter = meterOf();
    await startIn(meter, JOB, BYOK);
    expect(await balance(meter)).toEqual(UNTOUCHED);
  });

  it('and that nobody comes back for, is charged nothing when jobTtlMs are over', async () => {
    const clock = manualClock();
    const meter = meterOf({ clock, jobTtlMs: 3_600_000 });
    const { charge: charges } = hear(meter);
    const { id } = await startIn(meter, JOB, BYOK);
    clock.advance(3_600_000);
    expect(charges).toEqual([expect.objectContaining({ ...EXTERNAL, jobId: id })]);
    expect(await balance(meter)).toEqual(UNTOUCHED);
  });

  it('and whose end says no cost, is charged nothing', async () => {
    const meter = meterOf();
    const { charge: charges } = hear(meter);
    const { id } = await startIn(meter, JOB, BYOK);
    metered.eden.script({ match: { method: 'GET' }, body: { public_id: id, status: 'success' } });
    await poll(JOB, id);
    expect(charges).toEqual([expect.objectContaining({ ...EXTERNAL, jobId: id })]);
  });

  it('and that only its end says so of, gives its room back', async () => {
    const meter = meterOf();
    const { charge: charges } = hear(meter);
    const { id } = await startIn(meter, JOB);
    expect(await balance(meter)).toMatchObject({ heldUsd: JOB_USD });
    const body = { public_id: id, status: 'success', cost: SETTLED, edenai_metadata: { is_byok: true } };
    metered.eden.script({ match: { method: 'GET' }, body });
    await poll(JOB, id);
    expect(charges).toEqual([expect.objectContaining({ ...EXTERNAL, rawCost: SETTLED })]);
    expect(await balance(meter)).toEqual(UNTOUCHED);
  });

  it('and that another process with this ledger polls, which is not told of the key, costs nothing there', async () => {
    const ledger = lastingLedger();
    const first = meterOf({ ledger });
    const { id } = await startIn(first, JOB, BYOK);
    await first.close({ timeoutMs: 0 });
    const second = meterOf({ ledger });
    const { charge: charges, error } = hear(second);
    await call(JOB.poll + id);
    await call(JOB.poll + id);
    const free = { amount: 0, basis: 'external', jobId: id };
    expect({ charges, error }).toEqual({ charges: [expect.objectContaining(free)], error: [] });
    expect(await balance(second)).toEqual(UNTOUCHED);
  });
});

/** One ledger for several meters: closing one of them leaves it open. */
function lastingLedger(): Ledger {
  const ledger = recordingLedger();
  return { ...ledger, close: () => {} };
}
