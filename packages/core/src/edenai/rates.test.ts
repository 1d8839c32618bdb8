import fc from 'fast-check';
import type { Operation } from '../charge.js';
import { answerRate, cardOf, parsePriceList, rateCardOf, rateUsage, worstCase } from './rates.js';
import type { RequestBound } from './request-bound.js';

const gemini = {
  id: 'google/gemini-flash-latest',
  owned_by: 'google',
  model_name: 'gemini-flash-latest',
  context_length: 1_000_000,
  pricing: {
    input_cost_per_token: 1.5e-6,
    output_cost_per_token: 7.5e-6,
    cache_read_input_token_cost: 1.5e-7,
    cache_creation_input_token_cost: 8.33e-8,
  },
};
const vertex = {
  ...gemini,
  id: 'vertex/gemini-flash-latest',
  pricing: { input_cost_per_token: 1e-6, output_cost_per_token: 9e-6 },
};
const glm = {
  id: 'fireworks_ai/accounts/fireworks/models/glm-5p3',
  pricing: { input_cost_per_token: '0.0000006', output_cost_per_token: 2e-6 },
};
const bedrock = { id: 'amazon/claude-v1:0', pricing: { input_cost_per_token: 3e-6, output_cost_per_token: 1.5e-5 } };
const embedding = { id: 'openai/text-embedding-3-small', pricing: { input_cost_per_token: 2e-8 } };
const alias = { id: 'google/gemini-fast', alias_of: 'google/gemini-flash-latest' };

const parseRateCard = (...lists: unknown[]) => cardOf(lists.map(parsePriceList));

const bound = (over: Partial<RequestBound>): RequestBound => ({
  textOnly: true,
  hasTools: false,
  bytes: 1000,
  maxOutputTokens: 100,
  ...over,
});

describe('a rate card', () => {
  const list = [gemini, vertex, glm, bedrock, embedding, alias];
  const card = parseRateCard(list);

  it('reads prices exactly', () => {
    expect(card.rate('google/gemini-flash-latest')).toEqual({
      inputNanosPerToken: 1500,
      outputNanosPerToken: 7500,
      cacheReadNanosPerToken: 150,
      cacheWriteNanosPerToken: 83.3,
    });
    expect(card.rate(glm.id)).toEqual({ inputNanosPerToken: 600, outputNanosPerToken: 2000 });
    expect(card.rate('openai/text-embedding-3-small')).toEqual({ inputNanosPerToken: 20 });
  });

  it.each([
    ['google/gemini-flash-latest@eu', 1500],
    ['google/gemini-flash-latest:latency', 1500],
    ['google/gemini-flash-latest@edenai', 1500],
    ['Google/Gemini-Flash-Latest', 1500],
    ['gemini-flash-latest:latency@eu', 1500],
    ['google/gemini-fast', 1500],
    ['gemini-fast@eu', 1500],
    ['vertex/gemini-flash-latest', 1000],
    ['amazon/claude-v1:0', 3000],
    ['amazon/claude-v1:0@eu', 3000],
    ['claude-v1:0:latency', 3000],
    ['unknown/model', undefined],
    ['@edenai', undefined],
    ['', undefined],
  ])('knows %s', (model, input) => {
    expect(card.rate(model)?.inputNanosPerToken).toBe(input);
  });

  it('takes the dearest endpoint for a bare name, price by price', () => {
    expect(card.rate('gemini-flash-latest')).toMatchObject({ inputNanosPerToken: 1500, outputNanosPerToken: 9000 });
  });

  it('does not confuse an id with the tail of another', () => {
    const own = { id: 'openai/gpt-oss', pricing: { input_cost_per_token: 1e-6, output_cost_per_token: 1e-6 } };
    const other = { id: 'groq/openai/gpt-oss', pricing: { input_cost_per_token: 5e-6, output_cost_per_token: 5e-6 } };
    expect(parseRateCard([other, own]).rate('openai/gpt-oss')?.inputNanosPerToken).toBe(1000);
  });

  it('reads {data} and the grouping with endpoints', () => {
    expect(parseRateCard({ data: list }).rate('vertex/gemini-flash-latest')).toBeDefined();
    const grouped = parseRateCard({ data: [{ id: 'flash', endpoints: [gemini, vertex, null] }] });
    expect(grouped.rate('flash')).toMatchObject({ inputNanosPerToken: 1500, outputNanosPerToken: 9000 });
    expect(grouped.rate('google/gemini-flash-latest')?.outputNanosPerToken).toBe(7500);
  });

  it('leaves out junk, and survives anything', () => {
    const bad = (pricing: unknown) => parseRateCard([{ id: 'x', pricing }, null, 5, 'y', {}]).rate('x');
    expect(bad({ input_cost_per_token: -1 })).toBeUndefined();
    expect(bad({ input_cost_per_token: 2.5, output_cost_per_token: 10 })).toBeUndefined();
    expect(bad({ input_cost_per_token: 1e-6, output_cost_per_token: 'free' })).toBeUndefined();
    expect(bad(null)).toBeUndefined();
    expect(
      parseRateCard([
        { id: 'a', alias_of: 'b' },
        { id: 'b', alias_of: 'a' },
      ]).rate('a'),
    ).toBeUndefined();
    fc.assert(fc.property(fc.anything(), (junk) => parseRateCard(junk).rate('x') === undefined));
  });
});

describe('a price that makes no sense', () => {
  const odd = { ...gemini, pricing: { ...gemini.pricing, cache_read_input_token_cost: -1 } };

  it('of the cache is left out alone: the model keeps its others', () => {
    expect(parseRateCard([odd]).rate(odd.id)).toEqual({
      inputNanosPerToken: 1500,
      outputNanosPerToken: 7500,
      cacheWriteNanosPerToken: 83.3,
    });
  });

  it.each([{ cacheReadUsdPerToken: -1 }, { cacheWriteUsdPerToken: 2.5 }, { outputUsdPerToken: Number.NaN }])(
    'is refused in a table of the app: %j',
    (price) => {
      expect(rateCardOf({ x: { inputUsdPerToken: 1e-6, ...price } })).toBeUndefined();
    },
  );
});

describe('a card of several lists', () => {
  it('knows the models of each, and for a bare name the dearest of all', () => {
    const card = parseRateCard([gemini], [embedding], [vertex]);
    expect(card.rate(embedding.id)?.inputNanosPerToken).toBe(20);
    expect(card.rate('gemini-flash-latest')).toMatchObject({ inputNanosPerToken: 1500, outputNanosPerToken: 9000 });
  });
});

describe('the rate of an answer', () => {
  const card = parseRateCard([gemini, vertex]);
  const answered = 'gemini-flash-latest';
  const DEAREST = 9000;

  it.each([
    ['is that of the exact id that it says, whatever was asked', { asked: vertex.id, answered: gemini.id }, 7500],
    ['is that of its provider and model', { asked: answered, answered, provider: 'Google' }, 7500],
    ['is that of the model asked for, when it says its bare name', { asked: gemini.id, answered }, 7500],
    [
      'is so for every spelling of the model',
      { asked: `${gemini.id}:latency@eu`, answered: 'Gemini-Flash-Latest' },
      7500,
    ],
    ['is the dearest of a bare name, when that was asked for too', { asked: answered, answered }, DEAREST],
    ['is the dearest of a bare name, when another model was asked for', { asked: 'a/b', answered }, DEAREST],
    ['is that of the model asked for, when its own is not on the card', { asked: gemini.id, answered: 'x-2026' }, 7500],
    ['is that of the model asked for, when it says none', { asked: gemini.id }, 7500],
    ['is unknown when neither is on the card', { asked: 'a/b', answered: 'x' }, undefined],
    ['is unknown when nothing is said', {}, undefined],
  ])('%s', (_, model, output) => {
    expect(answerRate(card, model)?.outputNanosPerToken).toBe(output);
  });
});

describe('rateCardOf', () => {
  it('reads prices by model', () => {
    const card = rateCardOf({ 'openai/gpt-4o': { inputUsdPerToken: 2.5e-6, outputUsdPerToken: 1e-5 } });
    expect(card?.rate('openai/gpt-4o@eu')).toEqual({ inputNanosPerToken: 2500, outputNanosPerToken: 10_000 });
  });

  it.each([{ inputUsdPerToken: Number.NaN }, { inputUsdPerToken: 2.5 }, { inputUsdPerToken: -1 }, {}, null])(
    'refuses %j',
    (price) => {
      expect(rateCardOf({ x: price as never })).toBeUndefined();
    },
  );
});

describe('rateUsage', () => {
  const rate = {
    inputNanosPerToken: 100,
    outputNanosPerToken: 1000,
    cacheReadNanosPerToken: 10,
    cacheWriteNanosPerToken: 125,
  };

  it('prices cached tokens apart, within the input or beside it', () => {
    const usage = { inputTokens: 100, outputTokens: 1, cachedInputTokens: 50, cacheWriteTokens: 20 };
    expect(rateUsage(rate, usage)).toBe(30 * 100 + 50 * 10 + 20 * 125 + 1000);
    expect(rateUsage(rate, { ...usage, cacheIsExtra: true })).toBe(100 * 100 + 50 * 10 + 20 * 125 + 1000);
    expect(rateUsage({ inputNanosPerToken: 100 }, usage)).toBe(10_100);
  });

  it('rounds half up', () => {
    expect(rateUsage({ inputNanosPerToken: 0.5 }, { inputTokens: 1, outputTokens: 0 })).toBe(1);
    expect(rateUsage({ inputNanosPerToken: 83.3 }, { inputTokens: 1, outputTokens: 0 })).toBe(83);
  });
});

describe('worstCase', () => {
  const card = parseRateCard([gemini, vertex, embedding]);

  it('is every byte as a token and all the output allowed', () => {
    expect(worstCase(card, 'chat', gemini.id, bound({}))).toBe(1000 * 1500 + 100 * 7500);
    expect(worstCase(card, 'chat', gemini.id, bound({ choices: 4 }))).toBe(1000 * 1500 + 400 * 7500);
    expect(worstCase(card, 'chat', gemini.id, bound({ hasTools: true }))).toBe(2024 * 1500 + 100 * 7500);
    expect(worstCase(card, 'chat', embedding.id, bound({ maxOutputTokens: 0 }))).toBe(20_000);
  });

  it('is the dearest of the model and its fallbacks', () => {
    expect(worstCase(card, 'chat', gemini.id, bound({ fallbacks: [vertex.id], bytes: 10 }))).toBe(
      10 * 1000 + 100 * 9000,
    );
  });

  it.each([
    ['a limit', gemini.id, { maxOutputTokens: undefined }],
    ['a rate', 'x', {}],
    ['a rate for a fallback', gemini.id, { fallbacks: ['x'] }],
    ['a bound for the input', gemini.id, { textOnly: false }],
    ['a price for the output', embedding.id, {}],
  ])('is unknown without %s', (_, model, over) => {
    expect(worstCase(card, 'chat', model, bound(over as Partial<RequestBound>))).toBeUndefined();
  });

  it.each<Operation>(['chat', 'responses', 'messages', 'embeddings', 'moderation'])('is known of %s', (operation) => {
    expect(worstCase(card, operation, gemini.id, bound({}))).toBeDefined();
  });

  it.each<Operation>(['speech', 'images', 'transcription', 'feature', 'job', 'video', 'other'])(
    'is unknown of %s, which is not billed by tokens',
    (operation) => {
      expect(worstCase(card, operation, gemini.id, bound({}))).toBeUndefined();
    },
  );

  it('is never less than what the same tokens are rated at', () => {
    const price = fc.double({ min: 0, max: 1e5, noNaN: true });
    fc.assert(
      fc.property(price, price, fc.nat(1e6), fc.nat(1e5), (inputNanosPerToken, outputNanosPerToken, bytes, output) => {
        const rate = { inputNanosPerToken, outputNanosPerToken };
        const most = worstCase(
          { rate: () => rate },
          'chat',
          gemini.id,
          bound({ bytes, maxOutputTokens: output }),
        ) as number;
        expect(Number.isInteger(most)).toBe(true);
        expect(most).toBeGreaterThanOrEqual(rateUsage(rate, { inputTokens: bytes, outputTokens: output }));
      }),
    );
  });
});
