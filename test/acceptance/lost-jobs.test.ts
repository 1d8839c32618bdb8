import type { MeterOptions } from '@eden-cost/core';
import { postInit, readAnswer } from '../support/calls.js';
import { balance, JOB, JOB_USD, jobs, SETTLED, SETTLED_NANOS } from '../support/jobs.js';
import { hear, useMeteredEden } from '../support/meter.js';

const metered = useMeteredEden();
const { call, start, poll } = jobs(metered);

const BUDGET = { name: 'all', limitUsd: 100, window: 'total' } as const;
const meterOf = (options: MeterOptions = {}) => metered.meter({ budgets: [BUDGET], rateCard: false, ...options });

/** A job at the stand-in that no meter has seen the start of. */
async function unseenJob(): Promise<string> {
  const meter = meterOf();
  const id = await start(JOB);
  await meter.close();
  return id;
}

describe('a start of a job whose answer breaks off', () => {
  it('after its JSON has started the job: it is held, and charged what it came to', async () => {
    const id = await unseenJob();
    const meter = meterOf();
    const { charge: charges, error } = hear(meter);
    const json = JSON.stringify({ public_id: id, status: 'processing', cost: '0.0100' });
    metered.eden.script({ body: `${json}${' '.repeat(99)}`, cutAfterBytes: json.length, encoding: 'identity' });
    const { error: broken } = await readAnswer(await fetch(metered.eden.url + JOB.start, postInit(JOB.body)));
    expect(broken).toBeDefined();
    expect(await balance(meter)).toEqual({ heldUsd: JOB_USD, remainingUsd: 100 - JOB_USD });
    await poll(JOB, id);
    await poll(JOB, id);
    expect(charges).toEqual([
      expect.objectContaining({ amount: SETTLED_NANOS, basis: 'reported', jobId: id, rawCost: SETTLED }),
    ]);
    expect(error).toEqual([]);
  });

  it('since its caller reads no further, too', async () => {
    const id = await unseenJob();
    const meter = meterOf();
    const { charge: charges, error } = hear(meter);
    const json = JSON.stringify({ public_id: id, status: 'processing', cost: '0.0100' });
    metered.eden.script({ body: json + ' '.repeat(1e6), encoding: 'identity', pieceBytes: 1_000 });
    const { body } = await fetch(metered.eden.url + JOB.start, postInit(JOB.body));
    const reader = body?.getReader();
    await reader?.read();
    await reader?.cancel();
    await poll(JOB, id);
    await poll(JOB, id);
    expect(charges).toMatchObject([{ amount: SETTLED_NANOS, basis: 'reported', jobId: id }]);
    expect(error).toEqual([]);
  });

  it('before its id was read is charged its estimate, and not the provisional cost', async () => {
    const meter = meterOf();
    const { charge: charges } = hear(meter);
    const json = JSON.stringify({ cost: '0.0100', status: 'processing', public_id: 'job-1' });
    metered.eden.script({ body: json, cutAfterBytes: json.indexOf('job-1') + 3, encoding: 'identity' });
    await readAnswer(await fetch(metered.eden.url + JOB.start, postInit(JOB.body)));
    expect(charges).toMatchObject([{ amount: JOB_USD * 1e9, basis: 'estimated' }]);
  });
});

describe('a job whose id is long', () => {
  const LONG = `${'x'.repeat(300)}/?`;

  it.each([
    ['of 256 characters', LONG.slice(0, 256)],
    ['of more', LONG],
  ])('%s, is found when it is polled', async (_, id) => {
    const meter = meterOf();
    const { charge: charges, error } = hear(meter);
    metered.eden.script({ body: { public_id: id, status: 'processing', cost: '0' } });
    await call(JOB.start, postInit(JOB.body));
    metered.eden.script({ body: { public_id: id, status: 'success', cost: SETTLED } });
    await poll(JOB, id);
    expect(charges).toMatchObject([{ amount: SETTLED_NANOS, basis: 'reported' }]);
    expect(error).toEqual([]);
  });

  it('is not taken for another that begins alike', async () => {
    const meter = meterOf();
    const { charge: charges, error } = hear(meter);
    metered.eden.script({ body: { public_id: LONG, status: 'processing', cost: '0' } });
    await call(JOB.start, postInit(JOB.body));
    metered.eden.script({ body: { public_id: `${LONG}2`, status: 'success', cost: SETTLED } });
    await poll(JOB, `${LONG}2`);
    expect(charges).toEqual([]);
    expect(error).toMatchObject([{ problem: 'job-unknown' }]);
  });
});
