import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { type CostScope, type LogLine, type MeterOptions, memoryLedger } from '@eden-cost/core';
import { costAware } from '@eden-cost/express';
import { manualClock } from '@eden-cost/testing';
import express from 'express';
import { postInit } from '../support/calls.js';
import { balance, JOB, JOB_USD, jobs, SETTLED, SETTLED_NANOS, VIDEO } from '../support/jobs.js';
import { many, sum } from '../support/lists.js';
import { hear, useMeteredEden } from '../support/meter.js';
import { useServers } from '../support/serve.js';
import { turnsUntil } from '../support/turns.js';

const metered = useMeteredEden();
const serve = useServers();

const DAY_MS = 86_400_000;

/** One job fills it. */
const FULL = { name: 'all', limitUsd: 1, window: 'total', estimateUsd: 1 } as const;
const BUDGET = { name: 'all', limitUsd: 100, window: 'total' } as const;

const KINDS = { 'a Universal AI job': JOB, 'a video': VIDEO };

const { call, start, poll, startIn } = jobs(metered);

const meterOf = (options: MeterOptions = {}) => metered.meter({ budgets: [BUDGET], rateCard: false, ...options });

describe.each(Object.entries(KINDS))('%s', (_name, kind) => {
  it('is one charge on the request that started it, polled ten times by ten others', async () => {
    const meter = meterOf();
    const { charge: charges, error } = hear(meter);
    const { id, scope } = await startIn(meter, kind, { pollsNeeded: 4 });
    const pollers = await Promise.all(
      many(10, () =>
        meter.run({ labels: { tenant: 'poller' } }, async () => {
          await poll(kind, id);
          return meter.current() as CostScope;
        }),
      ),
    );
    expect(charges).toEqual([
      expect.objectContaining({
        ...{ amount: SETTLED_NANOS, basis: 'reported', operation: kind.operation, jobId: id },
        ...{ labels: { tenant: 'starter' }, budgets: ['all'] },
      }),
    ]);
    expect(scope.totalNanos).toBe(SETTLED_NANOS);
    expect(scope.charges).toHaveLength(1);
    expect(pollers.flatMap((poller) => poller.charges)).toEqual([]);
    expect(metered.eden.books().totalNanos).toBe(SETTLED_NANOS);
    expect(error).toEqual([]);
  });

  it('is one charge when it is polled one after the other, in the request itself and outside of any', async () => {
    const meter = meterOf();
    const { charge: charges } = hear(meter);
    await meter.run({}, async () => {
      const id = await start(kind);
      for (let count = 0; count < 5; count++) await poll(kind, id);
      expect(meter.current()?.totalNanos).toBe(SETTLED_NANOS);
      await new Promise<void>((resolve) => setImmediate(() => resolve()));
      for (let count = 0; count < 5; count++) await poll(kind, id);
    });
    expect(charges.map(({ amount }) => amount)).toEqual([SETTLED_NANOS]);
    expect(meter.snapshot()).toMatchObject({ costNanos: SETTLED_NANOS, callsInFlight: 0 });
  });

  it('holds its room until it has ended, and then gives back what it did not cost', async () => {
    const meter = meterOf();
    const { id } = await startIn(meter, kind, { pollsNeeded: 2 });
    const running = { heldUsd: kind.heldUsd, remainingUsd: 100 - kind.heldUsd };
    expect(await balance(meter)).toEqual(running);
    await poll(kind, id);
    await poll(kind, id);
    expect(await balance(meter)).toEqual(running);
    await poll(kind, id);
    expect(await balance(meter)).toEqual({ heldUsd: 0, remainingUsd: 100 - Number(SETTLED) });
    await poll(kind, id);
    expect(await balance(meter)).toEqual({ heldUsd: 0, remainingUsd: 100 - Number(SETTLED) });
  });

  it('leaves nothing to wait for once it has ended', async () => {
    const clock = manualClock();
    const meter = meterOf({ clock });
    const quiet = clock.pending;
    const { id } = await startIn(meter, kind);
    expect(clock.pending).toBeGreaterThan(quiet);
    await poll(kind, id);
    await poll(kind, id);
    await clock.advance(60_000); // by then the timer of all open calls has found none
    expect(clock.pending).toBe(quiet);
  });

  it('that fails is refunded', async () => {
    const meter = meterOf();
    const { charge: charges } = hear(meter);
    const { id, scope } = await startIn(meter, kind, { outcome: 'fail' });
    for (let count = 0; count < 5; count++) await poll(kind, id);
    expect(charges).toEqual([expect.objectContaining({ amount: 0, basis: 'free', jobId: id })]);
    expect(scope.totalNanos).toBe(0);
    expect(metered.eden.books().totalNanos).toBe(0);
    expect(await balance(meter)).toEqual({ heldUsd: 0, remainingUsd: 100 });
  });

  it('that fails without saying a cost is free', async () => {
    const meter = meterOf();
    const { charge: charges } = hear(meter);
    const { id } = await startIn(meter, kind);
    metered.eden.script({ match: { method: 'GET' }, body: { id, status: 'failed' } });
    await poll(kind, id);
    expect(charges).toEqual([expect.objectContaining({ amount: 0, basis: 'free', jobId: id })]);
    expect(await balance(meter)).toEqual({ heldUsd: 0, remainingUsd: 100 });
  });

  it('is charged what it came to, and not what was said when it was started or while it ran', async () => {
    const meter = meterOf();
    const { scope, id } = await startIn(meter, kind, { provisionalCostUsd: 0.9, pollsNeeded: 2 });
    expect(scope.totalNanos).toBe(0);
    await poll(kind, id);
    expect(scope.totalNanos).toBe(0);
    await poll(kind, id);
    await poll(kind, id);
    expect(scope.charges).toEqual([expect.objectContaining({ amount: SETTLED_NANOS, rawCost: SETTLED })]);
  });

  it('that nobody comes back for is charged at what was held, once, when jobTtlMs are over', async () => {
    const clock = manualClock();
    const meter = meterOf({ clock, jobTtlMs: 3_600_000 });
    const { charge: charges } = hear(meter);
    const { id, scope } = await startIn(meter, kind);
    clock.advance(3_599_999);
    expect(charges).toEqual([]);
    expect(await balance(meter)).toMatchObject({ heldUsd: kind.heldUsd });
    clock.advance(1);
    expect(charges).toEqual([
      expect.objectContaining({ amount: kind.heldUsd * 1e9, basis: 'estimated', jobId: id, late: true }),
    ]);
    expect(scope.totalUsd).toBe(kind.heldUsd);
    expect(await balance(meter)).toEqual({ heldUsd: 0, remainingUsd: 100 - kind.heldUsd });
    clock.advance(10 * DAY_MS);
    expect(charges).toHaveLength(1);
  });

  it('that was charged at a guess is corrected when the truth arrives, once', async () => {
    const clock = manualClock();
    const meter = meterOf({ clock });
    const { charge: charges, error } = hear(meter);
    const { id, scope } = await startIn(meter, kind);
    clock.advance(DAY_MS);
    clock.advance(60_000);
    for (let count = 0; count < 4; count++) await poll(kind, id);
    const [guess, correction] = charges;
    expect(charges).toHaveLength(2);
    expect(correction).toMatchObject({ corrects: guess?.id, basis: 'reported', jobId: id });
    expect(correction?.id).not.toBe(guess?.id);
    expect(sum(charges.map(({ amount }) => amount))).toBe(SETTLED_NANOS);
    expect(scope.totalNanos).toBe(SETTLED_NANOS);
    expect(await balance(meter)).toEqual({ heldUsd: 0, remainingUsd: 100 - Number(SETTLED) });
    expect(metered.eden.books().totalNanos).toBe(SETTLED_NANOS);
    expect(error).toEqual([]);
  });

  it('that was charged at a guess and failed is refunded', async () => {
    const clock = manualClock();
    const meter = meterOf({ clock });
    const { id, scope } = await startIn(meter, kind, { outcome: 'fail' });
    clock.advance(DAY_MS);
    expect(scope.totalUsd).toBe(kind.heldUsd);
    await poll(kind, id);
    await poll(kind, id);
    expect(scope.totalNanos).toBe(0);
    expect(await balance(meter)).toEqual({ heldUsd: 0, remainingUsd: 100 });
  });

  it('is charged to its request also where there are no budgets', async () => {
    const clock = manualClock();
    const meter = meterOf({ budgets: [], clock });
    const { id, scope } = await startIn(meter, kind);
    const { scope: forgotten } = await startIn(meter, kind);
    await poll(kind, id);
    await poll(kind, id);
    clock.advance(DAY_MS);
    expect([scope.totalNanos, forgotten.totalUsd]).toEqual([SETTLED_NANOS, kind.heldUsd]);
  });

  it('that nobody here started is never a charge, and one event for all its polls', async () => {
    const stranger = await start(kind);
    const meter = meterOf();
    const { charge: charges, error } = hear(meter);
    for (let count = 0; count < 3; count++) await poll(kind, stranger);
    await Promise.all(many(5, () => meter.run({}, () => poll(kind, stranger))));
    expect(charges).toEqual([]);
    expect(error).toEqual([expect.objectContaining({ problem: 'job-unknown', message: expect.any(String) })]);
    expect(await balance(meter)).toEqual({ heldUsd: 0, remainingUsd: 100 });
    expect(meter.snapshot()).toMatchObject({ calls: 0, costNanos: 0, callsInFlight: 0 });
  });

  it('is free to read, and is read also when nothing is left', async () => {
    const meter = meterOf({ budgets: [FULL], waitMs: 0 });
    const { id } = await startIn(meter, kind, { settledCostUsd: 1 });
    await expect(start(kind)).rejects.toThrow();
    await poll(kind, id);
    await poll(kind, id);
    expect(await balance(meter)).toEqual({ heldUsd: 0, remainingUsd: 0 });
    await expect(start(kind)).rejects.toThrow();
    await poll(kind, id);
    expect(meter.snapshot()).toMatchObject({ calls: 1, deniedCalls: 2 });
  });
});

describe('a job', () => {
  it('that ends after its request was answered is told in a line of its own, on that request', async () => {
    const lines: LogLine[] = [];
    const costs = costAware({ baseUrls: [metered.eden.url], rateCard: false, logger: (line) => lines.push(line) });
    const app = express();
    const answered: Promise<unknown>[] = [];
    app.use(costs, (_req, res, next) => {
      answered.push(once(res, 'finish'));
      next();
    });
    app.post('/jobs', async (_req, res) => void res.json({ id: await start(JOB) }));
    app.get('/jobs/:id', async (req, res) => void res.json(await poll(JOB, req.params.id)));
    const { url } = await serve(app);

    const { id } = (await (await fetch(`${url}/jobs`, { method: 'POST' })).json()) as { id: string };
    for (let count = 0; count < 3; count++) expect((await fetch(`${url}/jobs/${id}`)).status).toBe(200);
    await Promise.all(answered);
    await costs.meter.close();
    const told = lines.filter(({ msg }) => msg === 'edenai request cost');
    expect(told).toEqual([
      expect.objectContaining({
        req: expect.objectContaining({ method: 'POST', route: '/jobs' }),
        edenai: expect.objectContaining({ costNanos: 0, calls: 1, late: false }),
      }),
      expect.objectContaining({
        req: expect.objectContaining({ method: 'POST', route: '/jobs' }),
        edenai: expect.objectContaining({ costNanos: SETTLED_NANOS, late: true }),
      }),
    ]);
    expect(sum(told.map(({ edenai }) => (edenai as { calls: number }).calls))).toBe(1);
  });

  it('counts on the budgets and labels of the request that started it, whatever polls it', async () => {
    const meter = meterOf({ budgets: [{ name: 'tenant', limitUsd: 1, window: 'total', by: 'tenant' }] });
    const id = await meter.run({ labels: { tenant: 'a' } }, () => start(JOB));
    expect(await meter.remaining({ tenant: 'a' })).toMatchObject([{ heldUsd: JOB_USD }]);
    await meter.run({ labels: { tenant: 'b' } }, () => poll(JOB, id));
    await meter.run({ labels: { tenant: 'b' } }, () => poll(JOB, id));
    expect(await meter.remaining({ tenant: 'a' })).toMatchObject([{ heldUsd: 0, remainingUsd: 1 - Number(SETTLED) }]);
    expect(await meter.remaining({ tenant: 'b' })).toMatchObject([{ heldUsd: 0, remainingUsd: 1 }]);
  });

  it('that costs more than was held takes its budget beyond the limit, and says by how much', async () => {
    const meter = meterOf({ budgets: [FULL] });
    const { overrun, charge: charges } = hear(meter);
    const { id } = await startIn(meter, JOB, { settledCostUsd: 1.3 });
    await poll(JOB, id);
    await poll(JOB, id);
    expect(charges).toEqual([expect.objectContaining({ amount: 1_300_000_000, overrun: 300_000_000 })]);
    expect(overrun).toEqual([{ budget: 'all', amount: 300_000_000, chargeId: charges[0]?.id }]);
  });

  it("that the account's own provider key pays for is charged nothing, though its polls do not say so", async () => {
    const meter = meterOf();
    const { id, scope } = await startIn(meter, JOB, { byok: true, metadata: true });
    for (let count = 0; count < 3; count++) await poll(JOB, id);
    expect(scope.charges).toEqual([
      expect.objectContaining({ amount: 0, basis: 'external', rawCost: SETTLED, jobId: id }),
    ]);
    expect(metered.eden.books().totalNanos).toBe(0);
    expect(await balance(meter)).toEqual({ heldUsd: 0, remainingUsd: 100 });
  });

  it('that ends at once is charged at once', async () => {
    const meter = meterOf();
    metered.eden.script({ body: { public_id: 'job-1', status: 'success', cost: '0.0100' } });
    await meter.run({}, async () => {
      await call(JOB.start, postInit(JOB.body));
      expect(meter.current()?.totalNanos).toBe(10_000_000);
    });
    expect(await balance(meter)).toMatchObject({ heldUsd: 0 });
  });

  it('that ends without saying its cost is charged at what was held, and corrected once it says so', async () => {
    const meter = meterOf();
    const { charge: charges } = hear(meter);
    const { id, scope } = await startIn(meter, JOB);
    metered.eden.script({ match: { method: 'GET' }, body: { public_id: id, status: 'success' } });
    await poll(JOB, id);
    expect(charges).toEqual([expect.objectContaining({ amount: JOB_USD * 1e9, basis: 'estimated' })]);
    await poll(JOB, id);
    await poll(JOB, id);
    expect(scope.totalNanos).toBe(SETTLED_NANOS);
    expect(charges[1]).toMatchObject({ corrects: charges[0]?.id, basis: 'reported' });
  });

  it('whose reported cost is corrected keeps the labels of its request, and is late once that is over', async () => {
    const meter = meterOf({ budgets: [{ ...BUDGET, by: 'tenant' }] });
    const { charge: charges } = hear(meter);
    const { id, scope } = await startIn(meter, JOB);
    await poll(JOB, id);
    await poll(JOB, id);
    metered.eden.script({ match: { method: 'GET' }, body: { public_id: id, status: 'success', cost: '0.1' } });
    await poll(JOB, id);
    expect(charges).toMatchObject([
      { amount: SETTLED_NANOS, labels: { tenant: 'starter' }, late: true },
      { amount: 100_000_000 - SETTLED_NANOS, labels: { tenant: 'starter' }, late: true, corrects: charges[0]?.id },
    ]);
    expect(scope.totalNanos).toBe(SETTLED_NANOS);
    expect(meter.snapshot()).toMatchObject({ costNanos: 100_000_000, unattributedNanos: 0 });
    expect(await meter.remaining({ tenant: 'starter' })).toMatchObject([{ remainingUsd: 99.9 }]);
  });

  it('whose reported cost is corrected while its request lasts is corrected in its scope too', async () => {
    const meter = meterOf();
    await meter.run({ labels: { tenant: 'a' } }, async () => {
      const id = await start(JOB);
      await poll(JOB, id);
      await poll(JOB, id);
      metered.eden.script({ match: { method: 'GET' }, body: { public_id: id, status: 'success', cost: '0.1' } });
      await poll(JOB, id);
      expect(meter.current()?.totalUsd).toBe(0.1);
      expect(meter.current()?.charges.map(({ labels, late }) => [labels, late])).toEqual([
        [{ tenant: 'a' }, false],
        [{ tenant: 'a' }, false],
      ]);
    });
  });

  it('in a state that nobody knows is still running', async () => {
    const meter = meterOf();
    const { id, scope } = await startIn(meter, JOB);
    metered.eden.script({ match: { method: 'GET' }, body: { public_id: id, status: 'resting', cost: '0.5' } });
    await poll(JOB, id);
    expect(scope.totalNanos).toBe(0);
    expect(await balance(meter)).toMatchObject({ heldUsd: JOB_USD });
  });

  it('whose poll fails is still running', async () => {
    const meter = meterOf();
    const { id, scope } = await startIn(meter, JOB);
    for (const status of [404, 429, 500, 504]) {
      metered.eden.script({ match: { method: 'GET' }, status });
      await (await fetch(metered.eden.url + JOB.poll + id)).text();
    }
    expect(scope.totalNanos).toBe(0);
    expect(await balance(meter)).toMatchObject({ heldUsd: JOB_USD });
    await poll(JOB, id);
    await poll(JOB, id);
    expect(scope.totalNanos).toBe(SETTLED_NANOS);
  });

  it('that was not started holds nothing', async () => {
    const meter = meterOf();
    metered.eden.script({ status: 500 });
    await (await fetch(metered.eden.url + JOB.start, postInit(JOB.body))).text();
    expect(await balance(meter)).toEqual({ heldUsd: 0, remainingUsd: 100 });
  });

  it('whose start says no id is charged its estimate, and not the provisional cost', async () => {
    const meter = meterOf();
    const { charge: charges } = hear(meter);
    metered.eden.script({ body: { status: 'processing', cost: '0.0100' } });
    await call(JOB.start, postInit(JOB.body));
    expect(charges).toEqual([expect.objectContaining({ amount: JOB_USD * 1e9, basis: 'estimated' })]);
    expect(await balance(meter)).toEqual({ heldUsd: 0, remainingUsd: 100 - JOB_USD });
  });

  it('keeps its window: started before midnight and ended after it, it is charged to the day it was started on', async () => {
    const clock = manualClock(Date.UTC(2026, 0, 1, 23, 59));
    const ledger = memoryLedger({ clock });
    const meter = meterOf({ budgets: [{ ...BUDGET, window: 'day' }], clock, ledger });
    const { id } = await startIn(meter, JOB);
    clock.advance(120_000);
    expect(await balance(meter)).toEqual({ heldUsd: 0, remainingUsd: 100 });
    await poll(JOB, id);
    await poll(JOB, id);
    expect(await balance(meter)).toEqual({ heldUsd: 0, remainingUsd: 100 });
    clock.set(Date.UTC(2026, 0, 1, 23, 59));
    expect(await balance(meter)).toEqual({ heldUsd: 0, remainingUsd: 100 - Number(SETTLED) });
  });

  it('of a hundred, started and polled at once by all, each is charged to its own request, as booked', async () => {
    const meter = meterOf({ budgets: [{ ...BUDGET, limitUsd: 1_000 }] });
    const scopes = await Promise.all(
      many(100, (index) => startIn(meter, index % 2 ? JOB : VIDEO, { settledCostUsd: index / 1e4 })),
    );
    await Promise.all(
      many(300, (index) => {
        const { id } = scopes[index % 100] as (typeof scopes)[number];
        return meter.run({}, () => poll(index % 2 ? JOB : VIDEO, id));
      }),
    );
    expect(scopes.map(({ scope }) => scope.totalNanos)).toEqual(many(100, (index) => index * 100_000));
    const { totalNanos } = metered.eden.books();
    expect(sum(scopes.map(({ scope }) => scope.totalNanos))).toBe(totalNanos);
    expect(await balance(meter)).toEqual({ heldUsd: 0, remainingUsd: 1_000 - totalNanos / 1e9 });
  });

  it('that is listed, or whose content is fetched, costs nothing', async () => {
    const meter = meterOf();
    const { id } = await startIn(meter, VIDEO);
    await poll(VIDEO, id);
    await poll(VIDEO, id);
    for (const path of ['/v3/universal-ai/async', `/v3/videos/${id}/content`]) {
      expect((await fetch(metered.eden.url + path)).status).toBe(200);
    }
    expect(meter.snapshot()).toMatchObject({ calls: 1, costNanos: SETTLED_NANOS });
  });
});

describe('two meters, as of two processes, with one ledger', () => {
  it('charge a job once, to the account of the one that started it, though the other one polls and tells it', async () => {
    const ledger = memoryLedger();
    const first = meterOf({ ledger: shared(ledger) });
    const { id } = await startIn(first, JOB);
    await first.close({ timeoutMs: 0 });

    const second = meterOf({ ledger: shared(ledger) });
    const { charge: charges, error } = hear(second);
    expect(await balance(second)).toMatchObject({ heldUsd: JOB_USD });
    await Promise.all(many(10, () => poll(JOB, id)));
    expect(await balance(second)).toEqual({ heldUsd: 0, remainingUsd: 100 - Number(SETTLED) });
    const told = { amount: SETTLED_NANOS, basis: 'reported', operation: 'job', jobId: id, labels: {}, budgets: [] };
    expect({ charges, error }).toEqual({ charges: [expect.objectContaining(told)], error: [] });
    expect(second.snapshot()).toMatchObject({ costNanos: SETTLED_NANOS, unattributedNanos: SETTLED_NANOS });
  });

  it('tell no guess when jobTtlMs are over, once the other one has told what it settled', async () => {
    const ledger = memoryLedger();
    const clock = manualClock();
    const first = meterOf({ ledger: shared(ledger), clock });
    const { charge: charges } = hear(first);
    const { id } = await startIn(first, JOB, { pollsNeeded: 0, settledCostUsd: JOB_USD }); // as much as the estimate
    const second = meterOf({ ledger: shared(ledger), clock, intercept: false, jobs: { apiKey: 'any' } });
    const { charge: chargesThere } = hear(second);
    expect(await second.jobs.settle(id)).toMatchObject({ settled: true });
    expect(await balance(first)).toEqual({ heldUsd: 0, remainingUsd: 100 - JOB_USD });
    clock.advance(DAY_MS);
    expect(await balance(first)).toEqual({ heldUsd: 0, remainingUsd: 100 - JOB_USD });
    expect([charges, chargesThere]).toEqual([[], [expect.objectContaining({ amount: JOB_USD * 1e9 })]]);
  });

  it.each([
    ['at once', (ledger: MemoryLedger) => shared(ledger)],
    ['later', (ledger: MemoryLedger) => slow(ledger)],
  ])('tell nothing twice where both read the job, with a ledger that answers %s', async (_name, ledgerOf) => {
    const ledger = memoryLedger();
    const clock = manualClock();
    const first = meterOf({ ledger: ledgerOf(ledger), clock });
    const heardHere = hear(first);
    const { id } = await startIn(first, JOB, { pollsNeeded: 0 });
    const second = meterOf({ ledger: shared(ledger), clock, intercept: false, jobs: { apiKey: 'any' } });
    const { charge: chargesThere } = hear(second);
    for (const meter of [second, second]) expect(await meter.jobs.settle(id)).toMatchObject({ settled: true });
    clock.advance(1);
    await poll(JOB, id);
    await poll(JOB, id);
    await first.close();
    expect([heardHere.charge, heardHere.error]).toEqual([[], []]);
    expect(chargesThere).toEqual([expect.objectContaining({ amount: SETTLED_NANOS })]);
  });

  it('correct what was told as a guess by the one that started it', async () => {
    const ledger = memoryLedger();
    const clock = manualClock();
    const first = meterOf({ ledger: shared(ledger), clock });
    const { charge: charges } = hear(first);
    const { id } = await startIn(first, JOB, { pollsNeeded: 0 });
    clock.advance(DAY_MS);
    const second = meterOf({ ledger: shared(ledger), clock, intercept: false, jobs: { apiKey: 'any' } });
    const { charge: chargesThere } = hear(second);
    clock.advance(1);
    await second.jobs.settle(id);
    await poll(JOB, id);
    expect(charges).toMatchObject([{ amount: JOB_USD * 1e9, basis: 'estimated' }]);
    expect(chargesThere).toMatchObject([{ amount: SETTLED_NANOS - JOB_USD * 1e9, basis: 'reported', jobId: id }]);
  });

  it('tell once of a job that neither started, also when the ledger takes its time', async () => {
    const stranger = await start(JOB, { pollsNeeded: 0 });
    const meter = meterOf({ ledger: slow(memoryLedger()) });
    const { error } = hear(meter);
    await Promise.all(many(10, () => poll(JOB, stranger)));
    await turnsUntil(() => error.length > 0);
    await poll(JOB, stranger);
    expect(error).toEqual([expect.objectContaining({ problem: 'job-unknown' })]);
  });
});

type MemoryLedger = ReturnType<typeof memoryLedger>;

/** One ledger for several meters: closing one of them leaves it open. */
const shared = (ledger: MemoryLedger): NonNullable<MeterOptions['ledger']> =>
  new Proxy(ledger, { get: (target, key) => (key === 'close' ? undefined : bound(target, key)) });

/** A ledger that answers each settle a few turns later, as one over the network does. */
const slow = (ledger: MemoryLedger): NonNullable<MeterOptions['ledger']> =>
  new Proxy(ledger, {
    get(target, key) {
      const value = bound(target, key);
      if (key !== 'settle') return value;
      return async (...args: unknown[]) => {
        for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
        return (value as (...args: unknown[]) => unknown)(...args);
      };
    },
  });

function bound(target: object, key: string | symbol): unknown {
  const value = Reflect.get(target, key) as unknown;
  return typeof value === 'function' ? value.bind(target) : value;
}

describe('a job of the v2 API', () => {
  const RUNNING = { public_id: 'v2-job', status: 'processing', results: {} };
  const ENDED = {
    public_id: 'v2-job',
    status: 'finished',
    results: { google: { status: 'sucess', cost: 0.002 }, amazon: { status: 'success', cost: '0.0015' } },
  };

  /** Answers as v2 does: running once, then ended. */
  function v2(ended: object): RequestListener {
    let polls = 0;
    return (request, response) => {
      response.setHeader('content-type', 'application/json');
      const body = request.method === 'POST' ? { public_id: 'v2-job' } : polls++ > 0 ? ended : RUNNING;
      request.resume().on('end', () => response.end(JSON.stringify(body)));
    };
  }

  it.each([
    ['is charged the sum over its providers', ENDED, 3_500_000, 'reported'],
    ['that failed is refunded', { ...ENDED, status: 'failed', results: { google: { cost: 0 } } }, 0, 'free'],
  ])('%s, once, on the request that started it', async (_name, ended, amount, basis) => {
    const { url } = await serve(v2(ended));
    const meter = meterOf({ baseUrls: [url] });
    const path = `${url}/v2/ocr/invoice_parser_async`;
    const scope = await meter.run({}, async () => {
      await (await fetch(path, postInit({ providers: 'google,amazon', file_url: 'x' }))).text();
      return meter.current() as CostScope;
    });
    expect(await balance(meter)).toMatchObject({ heldUsd: JOB_USD });
    for (let count = 0; count < 4; count++) await (await fetch(`${path}/v2-job`)).text();
    expect(scope.charges).toEqual([expect.objectContaining({ amount, basis, operation: 'job', jobId: 'v2-job' })]);
    expect(await balance(meter)).toMatchObject({ heldUsd: 0 });
    await (await fetch(path)).text();
    expect(meter.snapshot()).toMatchObject({ calls: 1, costNanos: amount });
  });
});
