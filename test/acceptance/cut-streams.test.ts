import type { ReplyOptions } from '@eden-cost/testing';
import { CHAT, postInit, readAnswer } from '../support/calls.js';
import { hear, nextEvent, useMeteredEden } from '../support/meter.js';

const metered = useMeteredEden();

const SONNET = 'anthropic/claude-sonnet-4-5';
const RATE_CARD = {
  [SONNET]: { inputUsdPerToken: 3e-6, outputUsdPerToken: 1.5e-5 },
  [CHAT.model]: { inputUsdPerToken: 3e-6, outputUsdPerToken: 1.5e-5 },
};
const ESTIMATE = 40_000_000;
const budget = { name: 'all', limitUsd: 1_000, window: 'total', estimateUsd: 0.04 } as const;

const MESSAGE = { ...CHAT, model: SONNET, max_tokens: 9_999, stream: true };
const ASKED = { ...CHAT, stream: true, stream_options: { include_usage: true } };
const TOKENS: ReplyOptions = { inputTokens: 1_000, outputTokens: 2_000, chunks: 4 };
/** Start, block start, ping, four pieces, block stop, delta, stop. */
const AT = { start: 1, firstPiece: 4, lastPiece: 7, delta: 9 };

/** What one call that breaks off was booked at. */
async function cut(path: string, body: object, reply: ReplyOptions, options = {}) {
  const meter = metered.meter({ budgets: [budget], rateCard: RATE_CARD, ...options });
  const told = hear(meter);
  const charged = nextEvent(meter, 'charge');
  await readAnswer(await fetch(`${metered.eden.url}${path}`, postInit(body, { reply: { ...TOKENS, ...reply } })));
  const { amount, basis } = await charged;
  return { amount, basis, problems: told.error.map(({ problem }) => problem) };
}

const messages = (reply: ReplyOptions, options?: object) => cut('/v3/v1/messages', MESSAGE, reply, options);
const chat = (reply: ReplyOptions, options?: object) => cut('/v3/chat/completions', ASKED, reply, options);

describe('a stream of messages, whose first event counts one token of output,', () => {
  it.each([
    ['its first event', AT.start],
    ['its first piece', AT.firstPiece],
    ['its last piece', AT.lastPiece],
  ])('that is cut after %s is booked at its estimate', async (_where, cutAfterEvents) => {
    expect(await messages({ cutAfterEvents })).toEqual({
      amount: ESTIMATE,
      basis: 'estimated',
      problems: ['cost-unknown'],
    });
  });

  it('that is cut is booked at its input, where that alone is more than the estimate', async () => {
    const options = { budgets: [{ ...budget, estimateUsd: 0.001 }] };
    expect(await messages({ cutAfterEvents: AT.lastPiece }, options)).toMatchObject({
      amount: 1_000 * 3_000 + 15_000,
      basis: 'estimated',
    });
  });

  it('that is cut after its output was counted is rated', async () => {
    expect(await messages({ cutAfterEvents: AT.delta })).toEqual({
      amount: 1_000 * 3_000 + 2_000 * 15_000,
      basis: 'rated',
      problems: [],
    });
  });

  it('that breaks off with an error event is booked at its estimate', async () => {
    expect(await messages({ errorFrameAfterEvents: AT.lastPiece })).toMatchObject({
      amount: ESTIMATE,
      basis: 'estimated',
    });
  });

  it('that its caller aborts is booked at its estimate', async () => {
    const meter = metered.meter({ budgets: [budget], rateCard: RATE_CARD });
    metered.eden.script({ ...TOKENS, hold: new Promise(() => {}), holdAfterEvents: AT.lastPiece });
    const charged = nextEvent(meter, 'charge');
    const abort = new AbortController();
    const answer = await fetch(`${metered.eden.url}/v3/v1/messages`, postInit(MESSAGE, { signal: abort.signal }));
    await answer.body?.getReader().read();
    abort.abort();
    expect(await charged).toMatchObject({ amount: ESTIMATE, basis: 'estimated' });
    expect(await meter.remaining()).toMatchObject([{ heldUsd: 0 }]);
  });
});

describe('a chat stream with its usage on every event', () => {
  const EVERY: ReplyOptions = { usageOn: 'every', costSoFarUsd: 0 };

  it.each<[string, ReplyOptions]>([
    ['a cost of 0 so far', EVERY],
    ['no cost so far', { usageOn: 'every' }],
  ])('and %s, that is cut, is booked at its estimate', async (_what, reply) => {
    const booked = { amount: ESTIMATE, basis: 'estimated', problems: ['cost-unknown'] };
    expect(await chat({ ...reply, cutAfterEvents: 3 })).toEqual(booked);
  });

  it('and a cost of 0 so far, that is cut, is booked at its estimate without a rate card too', async () => {
    expect(await chat({ ...EVERY, cutAfterEvents: 1 }, { rateCard: false })).toMatchObject({ amount: ESTIMATE });
  });

  it.each<[string, ReplyOptions, object]>([
    ['its cost', { costUsd: 0.02 }, { amount: 20_000_000, basis: 'reported' }],
    ['0 again', { cached: true }, { amount: 0, basis: 'free' }],
    ['nothing', { costAs: 'missing' }, { amount: 0, basis: 'free' }],
  ])('and a cost of 0 so far, that says %s at its end, is charged that', async (_what, reply, booked) => {
    expect(await chat({ ...EVERY, ...reply })).toMatchObject(booked);
  });
});
