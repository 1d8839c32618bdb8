import { randomBytes } from 'node:crypto';
import type { ReplyOptions } from '@eden-cost/testing';
import { CHAT, postInit } from '../support/calls.js';
import { hear } from '../support/meter.js';
import { useTwins } from '../support/twins.js';

const twins = useTwins({ costUsd: '0.012345678' });

const COST = 12_345_678;
const ESTIMATE = 40_000_000;
const budgets = [{ name: 'all', limitUsd: 1_000, window: 'total' as const, estimateUsd: 0.04 }];
const V2 = { providers: 'google,openai,mistral', text: 'Hello' };

/** What one call is booked at; its caller sees the same as without a meter. */
async function booked(path: string, body: object, reply: ReplyOptions = {}) {
  const meter = twins.meter({ budgets, rateCard: false });
  const told = hear(meter);
  const { bare, metered } = await twins.fetched(path, postInit(body, { reply }));
  expect(metered).toEqual(bare);
  const [{ amount, basis, ...charge } = {} as never] = told.charge;
  return { amount, basis, charge, length: bare.length };
}

describe('a cost is found', () => {
  it('in the last event of a response, however long that is', async () => {
    const { length, ...found } = await booked('/v3/responses', { input: 'Hello', stream: true }, { bodyBytes: 1.5e6 });
    expect(length).toBeGreaterThan(3 * 1024 * 1024);
    expect(found).toMatchObject({
      amount: COST,
      basis: 'reported',
      charge: { usage: { inputTokens: expect.any(Number) } },
    });
  });

  it('with every provider of a large v2 answer', async () => {
    const { length, ...found } = await booked('/v2/text/chat', V2, { bodyBytes: 300_000 });
    expect(length).toBeGreaterThan(900_000);
    expect(found).toMatchObject({ amount: COST, basis: 'reported' });
  });

  it.each([100, 300_000])(
    'with every provider in a v2 answer that is a list, of %d bytes and more',
    async (bodyBytes) => {
      const body = { ...V2, response_as_dict: false };
      expect(await booked('/v2/text/chat', body, { bodyBytes })).toMatchObject({ amount: COST, basis: 'reported' });
    },
  );

  it.each([1_000, 400_000])('in raw deflate of some %d bytes', async (bytes) => {
    const body = { data: [{ b64_json: randomBytes(bytes).toString('base64') }], cost: COST / 1e9 };
    const meter = twins.meter({ budgets, rateCard: false });
    const told = hear(meter);
    twins.eden.script({ body, encoding: 'deflate-raw' });
    twins.bare.script({ body, encoding: 'deflate-raw' });
    const { bare, metered } = await twins.requested('/v3/images/generations', postInit({ prompt: 'a cat' }));
    expect(metered).toEqual(bare);
    expect(told.charge).toMatchObject([{ amount: COST, basis: 'reported' }]);
  });

  it('in an event stream in raw deflate', async () => {
    const found = await booked('/v3/responses', { input: 'Hello', stream: true }, { encoding: 'deflate-raw' });
    expect(found).toMatchObject({ amount: COST, basis: 'reported' });
  });
});

describe('a cost in the header x-edenai-cost', () => {
  const headers = { 'x-edenai-cost': '0.5' };

  it.each<[string, string, object, ReplyOptions, object]>([
    ['cost', '/v3/chat/completions', CHAT, {}, { amount: COST, basis: 'reported' }],
    [
      'own provider key',
      '/v3/chat/completions',
      CHAT,
      { byok: true, metadata: true },
      { amount: 0, basis: 'external' },
    ],
    ['last event', '/v3/responses', { input: 'Hello', stream: true }, {}, { amount: COST, basis: 'reported' }],
  ])('does not hide the %s that the body tells of', async (_what, path, body, reply, told) => {
    expect(await booked(path, body, { ...reply, headers })).toMatchObject(told);
  });

  it.each<[string, string, object, ReplyOptions]>([
    ['a body', '/v3/chat/completions', CHAT, { costAs: 'missing' }],
    ['a body whose cost is none', '/v3/chat/completions', CHAT, { costAs: { raw: 'NaN' } }],
    ['a stream', '/v3/responses', { input: 'Hello', stream: true }, { costAs: 'missing' }],
    ['a stream that is cut', '/v3/responses', { input: 'Hello', stream: true }, { cutAfterEvents: 3 }],
  ])('is the cost of %s that says none', async (_what, path, body, reply) => {
    expect(await booked(path, body, { ...reply, headers })).toMatchObject({ amount: 500_000_000, basis: 'reported' });
  });

  it('that is 0 says nothing of a stream that is cut', async () => {
    const reply = { headers: { 'x-edenai-cost': '0' }, cutAfterEvents: 3 };
    expect(await booked('/v3/responses', { input: 'Hello', stream: true }, reply)).toMatchObject({
      amount: ESTIMATE,
      basis: 'estimated',
    });
  });

  it('does not let the usage event through to a caller who never asked', async () => {
    const meter = twins.meter({ rateCard: false });
    const init = postInit({ ...CHAT, stream: true }, { reply: { headers } });
    const { bare, metered } = await twins.requested('/v3/chat/completions', init);
    expect(metered).toEqual(bare);
    expect(meter.snapshot().costNanos).toBe(COST);
  });

  it('leaves a job its id: it is charged once, when it has ended', async () => {
    const meter = twins.meter({ rateCard: false });
    const told = hear(meter);
    const started = await twins.fetched(
      '/v3/videos',
      postInit({ prompt: 'a cat' }, { reply: { headers, pollsNeeded: 0 } }),
    );
    expect(told.charge).toEqual([]);
    const { id } = JSON.parse(started.metered.bytes.toString());
    await twins.fetched(`/v3/videos/${id}`, {});
    await twins.fetched(`/v3/videos/${id}`, {});
    expect(told.charge).toMatchObject([{ amount: COST, basis: 'reported', jobId: id }]);
  });
});

describe('a call whose provider failed, and that says no cost,', () => {
  const FAILED: ReplyOptions = { outcome: 'fail', costAs: 'missing' };
  const FEATURE = { model: 'ocr/financial_parser/mindee' };

  it.each<[string, string, object]>([
    ['of Universal AI', '/v3/universal-ai', FEATURE],
    ['of v2, with all of its providers', '/v2/text/chat', V2],
    ['of v2, as a list', '/v2/text/chat', { ...V2, response_as_dict: false }],
  ])('is free: %s', async (_what, path, body) => {
    expect(await booked(path, body, FAILED)).toMatchObject({ amount: 0, basis: 'free' });
  });

  it.each<[string, string, object, ReplyOptions]>([
    ['succeeded', '/v3/universal-ai', FEATURE, { costAs: 'missing' }],
    ['is not all there', '/v3/universal-ai', FEATURE, { ...FAILED, malformed: true }],
    [
      'failed with one provider of two',
      '/v2/text/chat',
      V2,
      { body: { google: { status: 'fail' }, openai: { status: 'success' } } },
    ],
  ])('and that %s, is booked at its estimate', async (_what, path, body, reply) => {
    expect(await booked(path, body, reply)).toMatchObject({ amount: ESTIMATE, basis: 'estimated' });
  });
});
