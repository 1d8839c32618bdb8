import type { Meter, MeterOptions } from '@eden-cost/core';
import { manualClock, type ReplyOptions } from '@eden-cost/testing';
import { CHAT, postInit, readAnswer } from '../support/calls.js';
import { hear, nextEvent, useMeteredEden } from '../support/meter.js';

const MODERATION = 'openai/moderation-by-tokens';
const metered = useMeteredEden({
  models: [{ id: MODERATION, kind: 'moderation', pricing: { input_cost_per_token: 1e-7 } }],
});

const BOUNDED = { ...CHAT, max_tokens: 9 };
const EMBEDDING = { model: 'openai/text-embedding-3-small', input: 'Hello' };
const MESSAGES = { ...BOUNDED, model: 'anthropic/claude-sonnet-4-5', stream: true };
const TOKENS = { inputTokens: 100, outputTokens: 9 };
const RATED = 100 * 3_000 + 9 * 15_000;
const LISTS = ['/v3/models', '/v3/embeddings/models', '/v3/moderations/models'];
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** The status of a call. */
async function send(path: string, body: object, reply: ReplyOptions = {}): Promise<number> {
  const response = await fetch(metered.eden.url + path, postInit(body, { reply }));
  await readAnswer(response);
  return response.status;
}

const stream = () => send('/v3/v1/messages', MESSAGES, TOKENS);
const asked = () => LISTS.map((path) => metered.eden.books().requestsByPath[path] ?? 0);

describe('a stream of messages, which says no cost', () => {
  /** No call waits for the card: the first ones may end before it is there. */
  async function untilRated(meter: Meter): Promise<void> {
    for (let tries = 0; tries < 500; tries++) {
      const charge = nextEvent(meter, 'charge');
      await stream();
      if ((await charge).basis === 'rated') return;
    }
    throw new Error('No stream was rated');
  }

  it.each<[string, MeterOptions]>([
    ['without budgets', {}],
    [
      'under a budget that says its estimate itself',
      { budgets: [{ name: 'all', limitUsd: 1e3, window: 'total', estimateUsd: 0.001 }] },
    ],
  ])('has its tokens rated %s, by prices that are read once', async (_name, options) => {
    const meter = metered.meter(options);
    await untilRated(meter);
    const { charge: charges } = hear(meter);
    await stream();
    expect(charges).toMatchObject([{ basis: 'rated', amount: RATED }]);
    expect(asked()).toEqual([1, 1, 1]);
  });

  it('reads no prices with rateCard: false', async () => {
    const meter = metered.meter({ rateCard: false });
    const { charge: charges } = hear(meter);
    await stream();
    await stream();
    expect(charges.map(({ basis }) => basis)).toEqual(['estimated', 'estimated']);
    expect(asked()).toEqual([0, 0, 0]);
  });
});

it('no prices are read for calls that say their cost', async () => {
  metered.meter();
  await send('/v3/v1/messages', { ...MESSAGES, stream: false });
  await send('/v3/chat/completions', { ...CHAT, stream: true });
  expect(asked()).toEqual([0, 0, 0]);
});

describe('the rate card', () => {
  const budgets = [{ name: 'strict', limitUsd: 1e3, window: 'total', strict: true } as const];
  /** Under a strict budget the first call waits for the card, and a call is denied whose model is not on it. */
  const strictMeter = () => {
    const clock = manualClock();
    return { clock, meter: metered.meter({ budgets, clock }) };
  };
  const all = async () => [
    await send('/v3/chat/completions', BOUNDED),
    await send('/v3/embeddings', EMBEDDING),
    await send('/v3/moderations', { model: MODERATION, input: 'Hello' }),
  ];

  it('has the models of all lists that are sold by the token', async () => {
    strictMeter();
    expect(await all()).toEqual([200, 200, 200]);
    expect(asked()).toEqual([1, 1, 1]);
  });

  it.each([
    ['an error', { status: 500 }],
    ['no model', { body: { data: [] } }],
    ['no list', { body: { detail: 'Not here' } }],
    ['an empty list', { body: [] }],
    ['models without a price', { body: { data: [{ id: 'openai/gpt-4o' }] } }],
    ['no JSON', { body: '<html>' }],
  ])(
    'keeps the prices that it had when the list answers with %s, tells, and asks again in ten minutes',
    async (_, reply) => {
      const { clock, meter } = strictMeter();
      const { error } = hear(meter);
      expect(await all()).toEqual([200, 200, 200]);
      clock.advance(6 * HOUR_MS);
      metered.eden.script({ match: { path: /^\/v3\/(?:embeddings\/)?models$/ }, times: 2, ...reply });
      const told = nextEvent(meter, 'error');
      expect(await send('/v3/chat/completions', BOUNDED)).toBe(200);
      expect(await told).toMatchObject({ problem: 'rate-card' });
      expect(await all()).toEqual([200, 200, 200]);
      clock.advance(10 * MINUTE_MS - 1);
      expect(await all()).toEqual([200, 200, 200]);
      expect(asked()).toEqual([2, 2, 2]);
      clock.advance(1);
      expect(await all()).toEqual([200, 200, 200]);
      expect(error).toHaveLength(1);
      expect(asked()).toEqual([3, 3, 3]);
    },
  );

  it('has the chat models also where the other lists cannot be read', async () => {
    const { meter } = strictMeter();
    const { error } = hear(meter);
    metered.eden.script({ match: { path: /^\/v3\/.+\/models$/ }, times: 2, status: 404 });
    expect(await all()).toEqual([200, 402, 402]);
    expect(error.map(({ problem }) => problem)).toEqual(['rate-card', 'no-upper-bound', 'no-upper-bound']);
  });
});
