import { manualClock } from '@eden-cost/testing';
import { CHAT, postInit } from '../support/calls.js';
import { chats } from '../support/chats.js';
import { countOf, many } from '../support/lists.js';
import { hear, useMeteredEden } from '../support/meter.js';
import { between, seededRandom } from '../support/random.js';
import { boundUsd, RATES } from '../support/rates.js';

const metered = useMeteredEden();
const { ask } = chats(metered);

/** What is read for a rate card. */
const LISTS = { '/v3/models': 1, '/v3/embeddings/models': 1, '/v3/moderations/models': 1 };

describe('a strict budget', () => {
  const strict = { name: 'strict', limitUsd: 0.05, window: 'total', strict: true } as const;
  const bounded = { ...CHAT, max_tokens: 100 };

  it('is not exceeded by a nano, however many calls come at once', async () => {
    const meter = metered.meter({ budgets: [strict], rateCard: RATES, clock: manualClock() });
    const told = hear(meter);
    const random = seededRandom(3);
    const statuses = await Promise.all(
      many(200, () => ask({ reply: { outputTokens: between(random, 0, 100) } }, bounded)),
    );
    const { totalNanos, requests } = metered.eden.books();
    expect(totalNanos).toBeLessThanOrEqual(50_000_000);
    expect(totalNanos).toBeGreaterThan(45_000_000);
    expect(requests).toBe(countOf(statuses, 200));
    expect(countOf(statuses, 402)).toBeGreaterThan(0);
    expect(told.overrun).toEqual([]);
    expect(meter.snapshot()).toMatchObject({ overrunNanos: 0, costNanos: totalNanos });
    expect((await meter.remaining())[0]?.heldUsd).toBe(0);
  });

  it('nor by calls that cost all that they may', async () => {
    const meter = metered.meter({ budgets: [strict], rateCard: RATES, clock: manualClock() });
    const inputTokens = Buffer.byteLength(JSON.stringify(bounded));
    const dearest = boundUsd(bounded) * 1e9;
    const statuses = await Promise.all(many(100, () => ask({ reply: { inputTokens, outputTokens: 100 } }, bounded)));
    expect(countOf(statuses, 200)).toBe(Math.floor(50_000_000 / dearest));
    expect(metered.eden.books().totalNanos).toBe(countOf(statuses, 200) * dearest);
    expect(meter.snapshot().overrunNanos).toBe(0);
  });

  it.each<[name: string, body: object]>([
    ['has no max_tokens', CHAT],
    ['names a model without a price', { ...bounded, model: 'nobody/knows' }],
    [
      'sends a picture',
      {
        ...bounded,
        messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'https://x/y.png' } }] }],
      },
    ],
    ['may fall back to a model without a price', { ...bounded, fallbacks: ['nobody/knows'] }],
  ])('denies a call that %s: it never leaves, and an event says why', async (_name, body) => {
    const meter = metered.meter({ budgets: [strict], rateCard: RATES });
    const told = hear(meter);
    expect(await ask({}, body)).toBe(402);
    expect(metered.eden.books().requests).toBe(0);
    expect(told.error).toMatchObject([{ problem: 'no-upper-bound', message: expect.stringContaining('max_tokens') }]);
    expect(told.denied).toMatchObject([{ budget: 'strict', reason: 'spent' }]);
  });

  it.each(['/audio/speech', '/images/generations', '/audio/transcriptions', '/universal-ai', '/rerank'])(
    'denies %s, which is not billed by tokens, whatever its body looks like',
    async (path) => {
      const meter = metered.meter({ budgets: [strict], rateCard: RATES });
      const told = hear(meter);
      const response = await fetch(metered.eden.baseUrl + path, postInit({ ...bounded, input: 'Hello' }));
      expect(response.status).toBe(402);
      expect(metered.eden.books().requests).toBe(0);
      expect(told.error).toMatchObject([{ problem: 'no-upper-bound' }]);
    },
  );

  it('holds nothing for a call that it denied because it has no upper bound', async () => {
    const meter = metered.meter({ budgets: [{ ...strict, estimateUsd: 0.01 }], rateCard: RATES, clock: manualClock() });
    expect(await ask({}, { ...CHAT, max_tokens: undefined })).toBe(402);
    expect(await meter.remaining()).toMatchObject([{ remainingUsd: 0.05, heldUsd: 0 }]);
  });

  it("reads Eden AI's own prices before its first call, once", async () => {
    const meter = metered.meter({ budgets: [strict] });
    expect(await Promise.all(many(10, () => ask({}, bounded)))).toEqual(many(10, () => 200));
    expect(metered.eden.books().requestsByPath).toEqual({ ...LISTS, '/v3/chat/completions': 10 });
    expect(meter.snapshot()).toMatchObject({ overrunNanos: 0, costNanos: metered.eden.books().totalNanos });
  });

  it('denies when the prices cannot be had', async () => {
    const meter = metered.meter({ budgets: [strict] });
    const told = hear(meter);
    metered.eden.script({ match: { path: '/v3/models' }, status: 500 });
    expect(await ask({}, bounded)).toBe(402);
    expect(metered.eden.books().requestsByPath).toEqual(LISTS);
    expect(told.error.map(({ problem }) => problem)).toEqual(['rate-card', 'no-upper-bound']);
  });
});
