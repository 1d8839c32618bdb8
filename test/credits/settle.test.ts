import { type Ledger, memoryLedger } from '@eden-cost/core';
import { startEdenStandIn } from '@eden-cost/testing';
import { balance, JOB, SETTLED_NANOS, VIDEO } from '../support/jobs.js';
import { many } from '../support/lists.js';
import { hear } from '../support/meter.js';
import { turnsUntil } from '../support/turns.js';
import { useWebhookEden } from '../support/webhook-eden.js';

const kit = useWebhookEden();

/** A job that has ended before the answer that starts it comes. */
const STARTED = { public_id: 'fast', status: 'processing' };
const ENDED = { public_id: 'fast', status: 'success', cost: '0.123456789' };

/** A ledger in memory, as two processes with a shared one see it. */
const sharedByTwo = (): Ledger =>
  new Proxy(memoryLedger() as Ledger, {
    get(target, key) {
      if (key === 'shared') return true;
      const value = Reflect.get(target, key) as unknown;
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });

describe('settle()', () => {
  it.each([
    ['a Universal AI job', JOB],
    ['a video', VIDEO],
  ])('reads %s that its app does not poll, and books it once, on the request that started it', async (_name, kind) => {
    const meter = kit.meter();
    const { charge, error } = hear(meter);
    const id = await meter.run({ labels: { tenant: 'starter' } }, () => kit.startJob(kind, { pollsNeeded: 0 }));
    const settled = { jobId: id, status: 'succeeded', settled: true };
    expect(await Promise.all(many(10, () => meter.jobs.settle(id)))).toEqual(many(10, () => settled));
    expect(await meter.jobs.settle(id)).toEqual(settled);
    expect(charge).toEqual([
      expect.objectContaining({ amount: SETTLED_NANOS, jobId: id, labels: { tenant: 'starter' }, basis: 'reported' }),
    ]);
    expect(kit.reads()).toEqual([[`/v3/universal-ai/async/${id}`, 1]]);
    expect(await balance(meter)).toMatchObject({ heldUsd: 0 });
    expect(error).toEqual([]);
  });

  it('books nothing for a job that goes on, and no cost for one that failed', async () => {
    const meter = kit.meter();
    const { charge } = hear(meter);
    const id = await kit.startJob(JOB, { pollsNeeded: 1, outcome: 'fail' });
    expect(await meter.jobs.settle(id)).toEqual({ jobId: id, status: 'running', settled: false });
    expect(charge).toEqual([]);
    expect(await meter.jobs.settle(id)).toEqual({ jobId: id, status: 'failed', settled: true });
    expect(charge).toEqual([expect.objectContaining({ amount: 0, basis: 'free' })]);
  });

  it('settles in another process that shares the ledger, once', async () => {
    const ledger = memoryLedger();
    const here = kit.meter({ ledger });
    const id = await kit.startJob(JOB, { pollsNeeded: 0 });
    await here.close();
    const there = kit.meter({ ledger });
    const { charge, error } = hear(there);
    const settled = { jobId: id, status: 'succeeded', settled: true };
    expect([await there.jobs.settle(id), await there.jobs.settle(id)]).toEqual([settled, settled]);
    expect(await balance(there)).toEqual({ heldUsd: 0, remainingUsd: 100 - 0.123456789 });
    expect(charge).toEqual([expect.objectContaining({ amount: SETTLED_NANOS, jobId: id, labels: {}, budgets: [] })]);
    expect(error).toEqual([]);
  });

  it.each([
    ['a job', {}, { amount: SETTLED_NANOS, basis: 'reported' }],
    ['a job that a provider key of your own pays for', { byok: true }, { amount: 0, basis: 'external' }],
  ])('settles %s of another process also where neither has a budget, once', async (_name, reply, told) => {
    const ledger = sharedByTwo();
    const here = kit.meter({ ledger, budgets: [], metadata: true });
    const id = await kit.startJob(JOB, { pollsNeeded: 0, ...reply });
    await here.close();
    const there = kit.meter({ ledger, budgets: [] });
    const { charge, error } = hear(there);
    const settled = { jobId: id, status: 'succeeded', settled: true };
    expect([await there.jobs.settle(id), await there.jobs.settle(id)]).toEqual([settled, settled]);
    expect(charge).toEqual([expect.objectContaining({ ...told, jobId: id })]);
    expect(there.snapshot()).toMatchObject({ costNanos: told.amount, unattributedNanos: told.amount });
    expect(error).toEqual([]);
  });

  it('books a job that was read before the answer that started it', async () => {
    const meter = kit.meter();
    const { charge } = hear(meter);
    kit.eden.script({ match: { path: '/async/fast' }, body: ENDED });
    expect(await meter.jobs.settle('fast')).toEqual({ jobId: 'fast', status: 'succeeded', settled: false });
    expect(charge).toEqual([]);
    await meter.run({ labels: { tenant: 'starter' } }, () => kit.startJob(JOB, { body: STARTED }));
    expect(charge).toMatchObject([{ amount: SETTLED_NANOS, jobId: 'fast', labels: { tenant: 'starter' } }]);
    expect(await meter.jobs.settle('fast')).toEqual({ jobId: 'fast', status: 'succeeded', settled: true });
  });

  it('books a job that was read before another process read the answer that started it, when it is read again', async () => {
    const ledger = sharedByTwo();
    kit.eden.script({ match: { path: '/async/fast' }, body: ENDED, times: 2 });
    const there = kit.meter({ ledger, intercept: false });
    const { charge } = hear(there);
    expect(await there.jobs.settle('fast')).toMatchObject({ settled: false });
    kit.meter({ ledger });
    await kit.startJob(JOB, { body: STARTED });
    expect(await there.jobs.settle('fast')).toMatchObject({ settled: true });
    expect(charge).toMatchObject([{ amount: SETTLED_NANOS, jobId: 'fast' }]);
  });

  it('is not settled where nobody with this ledger started it', async () => {
    await kit.meter().close();
    const id = await kit.startJob(JOB, { pollsNeeded: 0 });
    const meter = kit.meter();
    const { charge, error } = hear(meter);
    const unsettled = { jobId: id, status: 'succeeded', settled: false };
    expect([await meter.jobs.settle(id), await meter.jobs.settle(id)]).toEqual([unsettled, unsettled]);
    expect(error).toEqual([expect.objectContaining({ problem: 'job-unknown' })]);
    expect(charge).toEqual([]);
  });

  it('is not settled by an end that says no cost: its estimate is booked until one is said', async () => {
    const meter = kit.meter();
    const { charge } = hear(meter);
    const id = await kit.startJob(JOB, { pollsNeeded: 0 });
    kit.eden.script({ match: { path: `/async/${id}` }, costAs: 'missing' });
    expect(await meter.jobs.settle(id)).toEqual({ jobId: id, status: 'succeeded', settled: false });
    expect(charge).toEqual([expect.objectContaining({ basis: 'estimated' })]);
    expect(await meter.jobs.settle(id)).toEqual({ jobId: id, status: 'succeeded', settled: true });
    expect(charge.reduce((sum, { amount }) => sum + amount, 0)).toBe(SETTLED_NANOS);
  });

  it('books nothing while the operator has switched the meter off', async () => {
    process.env.EDEN_COST = 'off';
    try {
      const meter = kit.meter();
      const { error } = hear(meter);
      const id = await kit.startJob(JOB, { pollsNeeded: 0 });
      expect(await meter.jobs.settle(id)).toEqual({ jobId: id, status: 'succeeded', settled: false });
      expect(error).toEqual([]);
    } finally {
      delete process.env.EDEN_COST;
    }
  });

  it('reads a job at the base URL where it was started, and any other at the first', async () => {
    const eu = await startEdenStandIn({ pathPrefix: '/eu' });
    try {
      const meter = kit.meter({ baseUrls: [kit.eden.url, eu.url] });
      const init = { method: 'POST', body: JSON.stringify(JOB.body) };
      const { public_id: id } = (await (await fetch(eu.url + JOB.start, init)).json()) as { public_id: string };
      await meter.jobs.settle(id);
      expect([eu.requests().map(({ method }) => method), kit.reads()]).toEqual([['POST', 'GET'], []]);
      await expect(meter.jobs.settle('of-somebody')).rejects.toMatchObject({ failure: 'gone' });
      expect(kit.reads()).toEqual([['/v3/universal-ai/async/of-somebody', 1]]);
    } finally {
      await eu.close();
    }
  });

  it('reads a job whose results are larger than a report may be', async () => {
    const meter = kit.meter();
    const { charge } = hear(meter);
    const id = await kit.startJob(JOB, { pollsNeeded: 0 });
    kit.eden.script({ match: { path: `/async/${id}` }, extra: { pages: 'x'.repeat(5 * 1024 * 1024) } });
    expect(await meter.jobs.settle(id)).toMatchObject({ settled: true });
    expect(charge).toEqual([expect.objectContaining({ amount: SETTLED_NANOS })]);
  });

  it.each(['', '.', '..', '../upload', 'a/b', 'a\\b', 'a b', 'a\n', '\ud800', undefined, 7])(
    'refuses %j, which is no id: nothing is read',
    async (id) => {
      await expect(kit.meter().jobs.settle(id as string)).rejects.toMatchObject({ code: 'ERR_COST_OPTIONS' });
      expect(kit.eden.books().requests).toBe(0);
    },
  );

  it.each(['%2e%2e', 'a?b#c', 'vidéo'])('asks for the job %j, and nothing else', async (id) => {
    await expect(kit.meter().jobs.settle(id)).rejects.toMatchObject({ failure: 'gone' });
    expect(kit.eden.requests().map(({ path, query }) => [path, query])).toEqual([
      [`/v3/universal-ai/async/${encodeURIComponent(id)}`, ''],
    ]);
  });

  it('says of a job that is not there what that means for a job', async () => {
    const failed = await kit.meter().jobs.settle('nobody').catch(String);
    expect(failed).toMatch(/no such job there for this API key: check the id/);
    expect(failed).not.toMatch(/endpoint|set its address/);
  });

  it.each([
    ['a job that is not there', { status: 404 }, 'gone'],
    ['an answer that is no job', { body: { credits: 1 } }, 'unreadable'],
    ['a key that is not accepted', { status: 401 }, 'unauthorised'],
    ['a rate limit', { status: 429, retryAfter: 3 }, 'busy'],
    ['a page of HTML', { body: '<html>', headers: { 'content-type': 'text/html' } }, 'gone'],
  ])('rejects for %s, with what to do, and reads once', async (_name, reply, failure) => {
    const meter = kit.meter();
    const id = await kit.startJob(JOB);
    kit.eden.script({ match: { path: `/async/${id}` }, ...reply });
    await expect(meter.jobs.settle(id)).rejects.toMatchObject({ code: 'ERR_COST_EDEN_READ', failure });
    expect(kit.reads()).toHaveLength(1);
  });

  it('says that the meter was closed, before the read or during it', async () => {
    const meter = kit.meter();
    const id = await kit.startJob(JOB);
    let answer = () => {};
    const hold = new Promise<void>((resolve) => {
      answer = resolve;
    });
    kit.eden.script({ match: { path: `/async/${id}` }, hold });
    const during = meter.jobs.settle(id).catch((error: Error) => error);
    await turnsUntil(() => kit.reads().length === 1);
    await meter.close();
    const closed = { code: 'ERR_COST_EDEN_READ', failure: 'closed', message: expect.stringContaining('was closed') };
    expect(await during).toMatchObject(closed);
    await expect(meter.jobs.settle(id)).rejects.toMatchObject(closed);
    expect(kit.reads()).toEqual([[`/v3/universal-ai/async/${id}`, 1]]);
    answer();
  });

  it('says what is missing without a key, and takes that of the balance watch', async () => {
    await expect(kit.meter({ jobs: {} }).jobs.settle('x')).rejects.toThrow(/options\.jobs\.apiKey/);
  });
});
