import { createHash, createSign, generateKeyPairSync } from 'node:crypto';
import { runInNewContext } from 'node:vm';
import type { ReplyOptions } from '@eden-cost/testing';
import { Headers as OtherHeaders } from 'undici';
import { JOB, SETTLED_NANOS } from '../support/jobs.js';
import { many } from '../support/lists.js';
import { hear } from '../support/meter.js';
import { useServers } from '../support/serve.js';
import { JOBS_KEY, useWebhookEden } from '../support/webhook-eden.js';

const kit = useWebhookEden();
const serve = useServers();

describe('a webhook', () => {
  const settledHere = async (reply: ReplyOptions = {}, kind = JOB) => {
    const meter = kit.meter();
    return { meter, heard: hear(meter), id: await kit.startJob(kind, { pollsNeeded: 9, ...reply }) };
  };

  it('is verified, and settles its job; replays settle it once', async () => {
    const { meter, heard, id } = await settledHere();
    const { body, headers: signed } = kit.eden.webhook(id);
    expect(body).not.toContain('cost');
    const results = await Promise.all(many(3, () => meter.jobs.webhook(body, signed)));
    expect(results).toEqual(many(3, () => ({ jobId: id, status: 'succeeded', settled: true })));
    expect(await meter.jobs.webhook(Buffer.from(body), new Headers(signed))).toMatchObject({ settled: true });
    expect(heard.charge).toEqual([expect.objectContaining({ amount: SETTLED_NANOS, jobId: id })]);
    expect(kit.reads()).toEqual([[`/v3/universal-ai/async/${id}`, 1]]);
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
    kit.eden.script({ match: { path: `/async/${id}` }, status: 500 });
    expect(await kit.eden.sendWebhook(id, url)).toEqual([503, 204]);
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
    await expect(meter.jobs.webhook(...forge(kit.eden.webhook(id)))).rejects.toMatchObject({
      ...{ code: 'ERR_COST_WEBHOOK_SIGNATURE', status: 401 },
      message: expect.stringContaining('The webhook was refused: it'),
    });
    expect([kit.reads(), heard.charge]).toEqual([[], []]);
  });

  it("is refused when it is signed with somebody else's key", async () => {
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const meter = kit.meter({ jobs: { apiKey: JOBS_KEY, webhookPublicKey: publicKey } });
    const { body, headers: signed } = kit.eden.webhook(await kit.startJob(JOB));
    await expect(meter.jobs.webhook(body, signed)).rejects.toThrow(/not Eden AI's/);
  });

  it('needs the public key', async () => {
    const meter = kit.meter({ jobs: { apiKey: JOBS_KEY } });
    await expect(meter.jobs.webhook('{}', {})).rejects.toThrow(/options\.jobs\.webhookPublicKey/);
  });

  const HEADERS: Record<string, (signature: string) => unknown> = {
    "node's": (signature) => ({ host: 'x', 'x-edenai-signature': signature }),
    'in another case': (signature) => ({ 'X-EdenAI-Signature': signature }),
    'with a list of values': (signature) => ({ 'x-edenai-signature': [signature] }),
    'Headers of another copy of undici': (signature) => new OtherHeaders({ 'x-edenai-signature': signature }),
    'a Map in another case': (signature) => new Map([['X-Edenai-Signature', signature]]),
    'pairs of name and value': (signature) => [['X-Edenai-Signature', signature]],
    'a request that has get() alone': (signature) => ({
      get: (name: string) => (name === 'x-edenai-signature' ? signature : undefined),
    }),
  };

  it.each(Object.entries(HEADERS))('takes headers as they come: %s', async (_name, headersOf) => {
    const { meter, id } = await settledHere();
    const { body, headers: signed } = kit.eden.webhook(id);
    const given = headersOf(signed['x-edenai-signature'] as string) as Headers;
    expect(await meter.jobs.webhook(body, given)).toMatchObject({ jobId: id, settled: true });
  });

  it.each<[string, (body: string) => unknown]>([
    ['an ArrayBuffer', (body) => new TextEncoder().encode(body).buffer],
    ['bytes of another realm', (body) => runInNewContext('Uint8Array.from(list)', { list: [...Buffer.from(body)] })],
    ['a part of a larger buffer', (body) => Buffer.from(`xx${body}xx`).subarray(2, -2)],
  ])('takes the body as it comes: %s', async (_name, bodyOf) => {
    const { meter, id } = await settledHere();
    const { body, headers: signed } = kit.eden.webhook(id);
    expect(await meter.jobs.webhook(bodyOf(body) as Buffer, signed)).toMatchObject({ jobId: id, settled: true });
  });

  it.each<[string, unknown, unknown]>([
    ['a parsed body', { event: 'async_job_completed' }, {}],
    ['no body', undefined, {}],
    ['null', null, {}],
    ['a number', 7, {}],
    ['no headers', '{}', undefined],
    ['a text for headers', '{}', 'x-edenai-signature'],
  ])('that is handed over wrong (%s) is an OptionsError, which says how', async (_name, body, headers) => {
    const meter = kit.meter();
    await expect(meter.jobs.webhook(body as string, headers as Headers)).rejects.toMatchObject({
      ...{ code: 'ERR_COST_OPTIONS', name: 'OptionsError' },
      message: expect.stringMatching(/pass the raw body \(Express: express\.raw|takes the request's headers/),
    });
  });

  it('that is forged is refused before its body is read', async () => {
    const meter = kit.meter();
    const body = JSON.stringify({ job_id: 'x', output: Array.from({ length: 1_000 }, (_, index) => ({ index })) });
    const parse = jest.spyOn(JSON, 'parse');
    const lengths = [0, 2, 254, 255, 256, 257, 512, 10_000];
    const forged = lengths.flatMap((length) => ['00', 'a5', 'ff'].map((byte) => byte.repeat(length)));
    for (const signature of forged) {
      await expect(meter.jobs.webhook(body, { 'x-edenai-signature': signature })).rejects.toMatchObject({
        status: 401,
      });
    }
    expect(parse).not.toHaveBeenCalledWith(body);
    parse.mockRestore();
  });

  it.each([
    ['of millions of escapes', { output: '\n'.repeat(3_500_000) }],
    ['nested thousands deep', { output: JSON.parse('['.repeat(3_000) + ']'.repeat(3_000)) }],
  ])('whose results are %s is genuine', async (_name, body) => {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const meter = kit.meter({ jobs: { apiKey: JOBS_KEY, webhookPublicKey: publicKey } });
    const digest = createHash('sha256')
      .update(JSON.stringify(body, null, 2))
      .digest('hex');
    const signature = createSign('sha256').update(digest).sign(privateKey, 'hex');
    expect(await meter.jobs.webhook(JSON.stringify(body), { 'x-edenai-signature': signature })).toBeUndefined();
  });

  it.each([
    ['is no JSON', 'not json', /no JSON/],
    ['cannot be verified', '['.repeat(100_000) + ']'.repeat(100_000), /too large, or nested too deep/],
    ['is another', '{}', /not Eden AI's for this body/],
  ])('whose body %s is refused with that reason', async (_name, body, reason) => {
    const { meter, id } = await settledHere();
    const { headers: signed } = kit.eden.webhook(id);
    await expect(meter.jobs.webhook(body, signed)).rejects.toThrow(reason);
  });

  it('may be signed over either form of JSON, and may tell of no job', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const meter = kit.meter({ jobs: { apiKey: JOBS_KEY, webhookPublicKey: publicKey } });
    for (const canonical of ['{\n  "output": "\\u20ac"\n}', '{\n  "output": "€"\n}']) {
      const digest = createHash('sha256').update(canonical).digest('hex');
      const signature = createSign('sha256').update(digest).sign(privateKey, 'hex').toUpperCase();
      expect(await meter.jobs.webhook('{"output":"€"}', { 'x-edenai-signature': signature })).toBeUndefined();
    }
  });

  it.each<[string, (pem: string) => string]>([
    ['with \\n for its line breaks', (pem) => pem.replaceAll('\n', '\\n')],
    ['in quotes, as in an .env file', (pem) => `"${pem.replaceAll('\n', '\\n')}"`],
    ['with the line breaks of Windows', (pem) => pem.replaceAll('\n', '\r\n')],
  ])('takes a public key %s', async (_name, written) => {
    const jobs = { apiKey: JOBS_KEY, webhookPublicKey: written(kit.eden.webhookPublicKey) };
    const meter = kit.meter({ jobs });
    const { body, headers: signed } = kit.eden.webhook(await kit.startJob(JOB, { pollsNeeded: 9 }));
    expect(await meter.jobs.webhook(body, signed)).toMatchObject({ settled: true });
  });
});
