import { generateKeyPairSync } from 'node:crypto';
import { type MeterOptions, memoryLedger } from '@eden-cost/core';
import type { EdenStandIn, ReplyOptions } from '@eden-cost/testing';
import { balance, JOB, SETTLED_NANOS, VIDEO } from '../support/jobs.js';
import { many } from '../support/lists.js';
import { hear, useMeteredEden } from '../support/meter.js';
import { useServers } from '../support/serve.js';

const KEY = 'sk-eden-jobs';

const metered = useMeteredEden({ keys: [KEY] });
const serve = useServers();
const headers = { authorization: `Bearer ${KEY}` };

const meterOf = (eden: EdenStandIn, options: MeterOptions = {}) =>
  metered.meter({
    budgets: [{ name: 'all', limitUsd: 100, window: 'total' }],
    rateCard: false,
    jobs: { apiKey: KEY, webhookPublicKey: eden.webhookPublicKey },
    ...options,
  });

async function startJob({ start, body }: typeof JOB, reply: ReplyOptions = {}): Promise<string> {
  const response = await fetch(metered.eden.url + start, {
    method: 'POST',
    headers: { ...headers, 'x-stand-in': JSON.stringify({ settledCostUsd: '0.123456789', ...reply }) },
    body: JSON.stringify(body),
  });
  const answer = (await response.json()) as { public_id?: string; id?: string };
  return String(answer.public_id ?? answer.id);
}

const reads = () => Object.entries(metered.eden.books().requestsByPath).filter(([path]) => /async\/./.test(path));

describe('settle()', () => {
  it.each([
    ['a Universal AI job', JOB],
    ['a video', VIDEO],
  ])('reads %s that its app does not poll, and books it once, on the request that started it', async (_name, kind) => {
    const meter = meterOf(metered.eden);
    const { charge, error } = hear(meter);
    const id = await meter.run({ labels: { tenant: 'starter' } }, () => startJob(kind, { pollsNeeded: 0 }));
    const settled = { jobId: id, status: 'succeeded', settled: true };
    expect(await Promise.all(many(10, () => meter.jobs.settle(id)))).toEqual(many(10, () => settled));
    expect(await meter.jobs.settle(id)).toEqual(settled);
    expect(charge).toEqual([
      expect.objectContaining({ amount: SETTLED_NANOS, jobId: id, labels: { tenant: 'starter' }, basis: 'reported' }),
    ]);
    expect(reads()).toEqual([[`/v3/universal-ai/async/${id}`, 1]]);
    expect(await balance(meter)).toMatchObject({ heldUsd: 0 });
    expect(error).toEqual([]);
  });

  it('books nothing for a job that goes on, and no cost for one that failed', async () => {
    const meter = meterOf(metered.eden);
    const { charge } = hear(meter);
    const id = await startJob(JOB, { pollsNeeded: 1, outcome: 'fail' });
    expect(await meter.jobs.settle(id)).toEqual({ jobId: id, status: 'running', settled: false });
    expect(charge).toEqual([]);
    expect(await meter.jobs.settle(id)).toEqual({ jobId: id, status: 'failed', settled: true });
    expect(charge).toEqual([expect.objectContaining({ amount: 0, basis: 'free' })]);
  });

  it('settles in another process that shares the ledger, once', async () => {
    const ledger = memoryLedger();
    const here = meterOf(metered.eden, { ledger });
    const id = await startJob(JOB, { pollsNeeded: 0 });
    await here.close();
    const there = meterOf(metered.eden, { ledger });
    const { error } = hear(there);
    await there.jobs.settle(id);
    await there.jobs.settle(id);
    expect(await balance(there)).toEqual({ heldUsd: 0, remainingUsd: 100 - 0.123456789 });
    expect(error).toEqual([]);
  });

  it.each([
    ['a job that is not there', { status: 404 }, 'gone'],
    ['a key that is not accepted', { status: 401 }, 'unauthorised'],
    ['a rate limit', { status: 429, retryAfter: 3 }, 'busy'],
    ['a page of HTML', { body: '<html>', headers: { 'content-type': 'text/html' } }, 'gone'],
  ])('rejects for %s, with what to do, and reads once', async (_name, reply, failure) => {
    const meter = meterOf(metered.eden);
    const id = await startJob(JOB);
    metered.eden.script({ match: { path: `/async/${id}` }, ...reply });
    await expect(meter.jobs.settle(id)).rejects.toMatchObject({ code: 'ERR_COST_EDEN_READ', failure });
    expect(reads()).toHaveLength(1);
  });

  it('says what is missing without a key, and takes that of the balance watch', async () => {
    await expect(meterOf(metered.eden, { jobs: {} }).jobs.settle('x')).rejects.toThrow(/options\.jobs\.apiKey/);
  });
});

describe('a webhook', () => {
  const settledHere = async (reply: ReplyOptions = {}, kind = JOB) => {
    const meter = meterOf(metered.eden);
    return { meter, heard: hear(meter), id: await startJob(kind, { pollsNeeded: 9, ...reply }) };
  };

  it('is verified, and settles its job; replays settle it once', async () => {
    const { meter, heard, id } = await settledHere();
    const { body, headers: signed } = metered.eden.webhook(id);
    expect(body).not.toContain('cost');
    const results = await Promise.all(many(3, () => meter.jobs.webhook(body, signed)));
    expect(results).toEqual(many(3, () => ({ jobId: id, status: 'succeeded', settled: true })));
    expect(await meter.jobs.webhook(Buffer.from(body), new Headers(signed))).toMatchObject({ settled: true });
    expect(heard.charge).toEqual([expect.objectContaining({ amount: SETTLED_NANOS, jobId: id })]);
    expect(reads()).toEqual([[`/v3/universal-ai/async/${id}`, 1]]);
  });

  it('that comes to a server of node:http is delivered again until it could be settled', async () => {
    const { meter, heard, id } = await settledHere();
    const { url } = await serve(async (req, res) => {
      const chunks: Buffer[] = [];
      for await (const chunk of req) chunks.push(chunk as Buffer);
      await meter.jobs.webhook(Buffer.concat(chunks), req.headers).then(
        () => res.writeHead(204).end(),
        (error: { status?: number }) => res.writeHead(error.status ?? 503).end(),
      );
    });
    metered.eden.script({ match: { path: `/async/${id}` }, status: 500 });
    expect(await metered.eden.sendWebhook(id, url)).toEqual([503, 204]);
    expect(heard.charge).toHaveLength(1);
  });

  it.each<[string, (webhook: { body: string; headers: Record<string, string> }) => [string, Record<string, string>]]>([
    ['another body', ({ body, headers: signed }) => [body.replace('success', 'fail'), signed]],
    ['no signature', ({ body }) => [body, {}]],
    ['a signature that is no hex', ({ body }) => [body, { 'x-edenai-signature': 'zz' }]],
    ['an empty signature', ({ body }) => [body, { 'x-edenai-signature': '' }]],
    [
      'half a signature',
      ({ body, headers: h }) => [body, { 'x-edenai-signature': `${h['x-edenai-signature']}`.slice(0, 64) }],
    ],
    ['a body that is no JSON', ({ headers: signed }) => ['not json', signed]],
  ])('that is forged (%s) is refused with a 401 that says why: nothing is read or booked', async (_name, forge) => {
    const { meter, heard, id } = await settledHere();
    await expect(meter.jobs.webhook(...forge(metered.eden.webhook(id)))).rejects.toMatchObject({
      ...{ code: 'ERR_COST_WEBHOOK_SIGNATURE', status: 401 },
      message: expect.stringContaining('The webhook was refused: it'),
    });
    expect([reads(), heard.charge]).toEqual([[], []]);
  });

  it("is refused when it is signed with somebody else's key", async () => {
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const meter = meterOf(metered.eden, { jobs: { apiKey: KEY, webhookPublicKey: publicKey } });
    const { body, headers: signed } = metered.eden.webhook(await startJob(JOB));
    await expect(meter.jobs.webhook(body, signed)).rejects.toThrow(/not Eden AI's/);
  });

  it('needs the public key', async () => {
    const meter = meterOf(metered.eden, { jobs: { apiKey: KEY } });
    await expect(meter.jobs.webhook('{}', {})).rejects.toThrow(/options\.jobs\.webhookPublicKey/);
  });
});
