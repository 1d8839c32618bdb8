import type { CostForm, ReplyOptions } from '@eden-cost/testing';
import { CHAT, postInit } from '../support/calls.js';
import { hear } from '../support/meter.js';
import { useTwins } from '../support/twins.js';

const twins = useTwins();

const ESTIMATE = 40_000_000;
const budgets = [{ name: 'all', limitUsd: 10, window: 'total' as const, estimateUsd: 0.04 }];

const FORMS: [name: string, costAs: CostForm, problem: 'cost-invalid' | 'cost-missing', why?: RegExp][] = [
  ['NaN', { raw: 'NaN' }, 'cost-invalid', /not-a-number/],
  ['"NaN"', { raw: '"NaN"' }, 'cost-invalid', /not-a-number/],
  ['a negative number', { raw: '-0.01' }, 'cost-invalid', /negative/],
  ['a negative string', { raw: '"-0.0100"' }, 'cost-invalid', /negative/],
  ['"abc"', { raw: '"abc"' }, 'cost-invalid', /not-a-number/],
  ['"0.01 USD"', { raw: '"0.01 USD"' }, 'cost-invalid', /not-a-number/],
  ['"0,01"', { raw: '"0,01"' }, 'cost-invalid', /not-a-number/],
  ['Infinity', { raw: 'Infinity' }, 'cost-invalid', /not-a-number/],
  ['1e400', { raw: '1e400' }, 'cost-invalid', /above-maximum/],
  ['above the maximum', { raw: '1000.000000001' }, 'cost-invalid', /above-maximum/],
  ['true', { raw: 'true' }, 'cost-invalid', /not-a-number/],
  ['an object', { raw: '{"usd":0.01}' }, 'cost-invalid', /not-a-number/],
  ['a list', { raw: '[0.01]' }, 'cost-invalid', /not-a-number/],
  ['null', { raw: 'null' }, 'cost-missing'],
  ['missing', 'missing', 'cost-missing'],
];

type Endpoint = [name: string, path: string, body: object, reply?: ReplyOptions];

const CHAT_STREAM: Endpoint = ['a chat stream', '/v3/chat/completions', { ...CHAT, stream: true }];
const ENDPOINTS: Endpoint[] = [
  ['chat', '/v3/chat/completions', CHAT],
  ['chat in gzip', '/v3/chat/completions', CHAT, { encoding: 'gzip' }],
  CHAT_STREAM,
  ['a response', '/v3/responses', { input: 'Hello' }],
  ['a response stream', '/v3/responses', { input: 'Hello', stream: true }],
  ['Universal AI', '/v3/universal-ai', { model: 'ocr/financial_parser/mindee' }],
];

const CASES = FORMS.flatMap(([form, costAs, problem, why]) =>
  ENDPOINTS.map(([endpoint, path, body, reply]) => ({
    form,
    endpoint,
    path,
    body,
    problem,
    why,
    reply: { ...reply, costAs },
  })),
);

describe('an answer whose cost is', () => {
  it.each(CASES)('$form ($endpoint): its estimate is booked, an event tells, the caller sees the same', async (one) => {
    const meter = twins.meter({ budgets, rateCard: false });
    const told = hear(meter);
    const { bare, metered } = await twins.fetched(one.path, postInit(one.body, { reply: one.reply }));
    expect(metered).toEqual(bare);
    expect(metered.status).toBe(200);
    expect(told.charge).toMatchObject([{ amount: ESTIMATE, basis: 'estimated' }]);
    expect(told.error).toMatchObject([{ problem: one.problem }]);
    if (one.why) expect(told.error[0]?.message).toMatch(one.why);
    expect(await meter.remaining()).toEqual([{ budget: 'all', remainingUsd: 9.96, heldUsd: 0 }]);
    expect(meter.snapshot()).toMatchObject({ unpricedCalls: 1, costNanos: ESTIMATE });
  });

  it.each<[string, CostForm]>([
    ['"abc"', { raw: '"abc"' }],
    ['missing', 'missing'],
  ])('%s, in a body of 600 kB of which only the ends are read', async (_name, costAs) => {
    const meter = twins.meter({ budgets, rateCard: false });
    const told = hear(meter);
    const init = postInit({ input: 'Hello' }, { reply: { costAs, bodyBytes: 600_000 } });
    const { bare, metered } = await twins.fetched('/v3/embeddings', init);
    expect(metered).toEqual(bare);
    expect(told.charge).toMatchObject([{ amount: ESTIMATE, basis: 'estimated' }]);
    expect(told.error).toHaveLength(1);
  });

  it.each<[string, string]>([
    ['NaN', 'NaN'],
    ['negative', '-1'],
    ['"abc"', 'abc'],
    ['above the maximum', '1e4'],
  ])('%s in the header of speech', async (_name, raw) => {
    const meter = twins.meter({ budgets, rateCard: false });
    const told = hear(meter);
    const init = postInit({ input: 'Hello', voice: 'alloy' }, { reply: { costAs: { raw } } });
    const { bare, metered } = await twins.fetched('/v3/audio/speech', init);
    expect(metered).toEqual(bare);
    expect(told.charge).toMatchObject([{ amount: ESTIMATE, basis: 'estimated', rawCost: raw }]);
    expect(told.error).toMatchObject([{ problem: 'cost-invalid' }]);
  });

  it('missing, where its tokens and their price are known: rated, and no event', async () => {
    const rateCard = { [CHAT.model]: { inputUsdPerToken: 2.5e-6, outputUsdPerToken: 1e-5 } };
    const meter = twins.meter({ budgets, rateCard });
    const told = hear(meter);
    const reply = { costAs: 'missing' as const, inputTokens: 1_000, outputTokens: 10 };
    await twins.fetched('/v3/chat/completions', postInit(CHAT, { reply }));
    await twins.fetched('/v3/chat/completions', postInit({ ...CHAT, stream: true }, { reply }));
    expect(told.charge.map(({ amount, basis }) => [amount, basis])).toEqual([
      [2_600_000, 'rated'],
      [2_600_000, 'rated'],
    ]);
    expect(told.error).toEqual([]);
  });

  it('exactly the maximum is believed, and a nano more is not', async () => {
    const meter = twins.meter({ budgets, rateCard: false, maxCostUsd: 0.5 });
    const told = hear(meter);
    await twins.fetched('/v3/chat/completions', postInit(CHAT, { reply: { costUsd: '0.5' } }));
    await twins.fetched('/v3/chat/completions', postInit(CHAT, { reply: { costUsd: '0.500000001' } }));
    expect(told.charge.map(({ amount, basis }) => [amount, basis])).toEqual([
      [500_000_000, 'reported'],
      [ESTIMATE, 'estimated'],
    ]);
  });

  it('somewhere inside, and not at the top, is no cost', async () => {
    const meter = twins.meter({ budgets, rateCard: false });
    const told = hear(meter);
    const body = { data: { cost: 5 }, note: '"cost": 7', list: [{ cost: 9 }] };
    await twins.fetched('/v3/chat/completions', postInit(CHAT, { reply: { body } }));
    expect(told.charge).toMatchObject([{ amount: ESTIMATE, basis: 'estimated' }]);
  });

  it('no JSON at all: its estimate is booked', async () => {
    const meter = twins.meter({ budgets, rateCard: false });
    const told = hear(meter);
    for (const body of ['', 'null', '[]', '42', '"cost"', '<html>cost</html>', '{', '\u0000\u0001']) {
      const { bare, metered } = await twins.fetched('/v3/chat/completions', postInit(CHAT, { reply: { body } }));
      expect(metered).toEqual(bare);
    }
    expect(told.charge.map(({ amount }) => amount)).toEqual(Array(8).fill(ESTIMATE));
  });
});
