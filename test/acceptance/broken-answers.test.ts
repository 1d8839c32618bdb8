import type { ReplyOptions } from '@eden-cost/testing';
import { CHAT, postInit } from '../support/calls.js';
import { hear, nextEvent } from '../support/meter.js';
import { useTwins } from '../support/twins.js';
import { HAS_ZSTD } from '../support/zstd.js';

const twins = useTwins();

const ESTIMATE = 40_000_000;
const COST = 12_345_678;
/** fetch would accept gzip. */
const PLAIN: ReplyOptions = { costUsd: '0.012345678', encoding: 'identity' };
const budgets = [{ name: 'all', limitUsd: 1_000, window: 'total' as const, estimateUsd: 0.04 }];
const STREAM = { ...CHAT, stream: true };
const ASKED = { ...STREAM, stream_options: { include_usage: true } };

/** What was booked for one call, made both with and without a meter: which of the two are the same for the caller. */
async function broken(body: object, reply: ReplyOptions, via: 'fetched' | 'requested' = 'fetched') {
  const meter = twins.meter({ budgets, rateCard: false });
  const charged = nextEvent(meter, 'charge');
  const seen = await twins[via]('/v3/chat/completions', postInit(body, { reply: { ...PLAIN, ...reply } }));
  const { amount, basis } = await charged;
  const [left] = await meter.remaining();
  expect(left?.heldUsd).toBe(0);
  return { ...seen, amount, basis };
}

const BROKEN: [name: string, body: object, reply: ReplyOptions, booked: number][] = [
  ['JSON that does not end', CHAT, { malformed: true }, ESTIMATE],
  ['JSON that does not end, its cost first', CHAT, { malformed: true, costAt: 'start' }, COST],
  ['JSON in gzip that does not end', CHAT, { malformed: true, encoding: 'gzip' }, ESTIMATE],
  ['gzip that was cut', CHAT, { encoding: 'gzip', truncateTo: 60 }, ESTIMATE],
  ['br that was cut', CHAT, { encoding: 'br', truncateTo: 60 }, ESTIMATE],
  ['deflate that was cut', CHAT, { encoding: 'deflate', truncateTo: 60 }, ESTIMATE],
  ['gzip of nothing', CHAT, { encoding: 'gzip', truncateTo: 0 }, ESTIMATE],
  ['large gzip that was cut', CHAT, { encoding: 'gzip', bodyBytes: 3e6, truncateTo: 1_000 }, ESTIMATE],
  ['JSON that calls itself gzip', CHAT, { headers: { 'content-encoding': 'gzip' }, encoding: 'identity' }, ESTIMATE],
  ['an encoding that nobody knows', CHAT, { headers: { 'content-encoding': 'zzz' }, encoding: 'identity' }, ESTIMATE],
  ['a body that breaks off', CHAT, { cutAfterBytes: 50 }, ESTIMATE],
  ['a body that breaks off before its first byte', CHAT, { cutAfterBytes: 0 }, ESTIMATE],
  ['a chunked body that breaks off', CHAT, { cutAfterBytes: 50, chunked: true }, ESTIMATE],
  ['a large body that breaks off', CHAT, { cutAfterBytes: 900_000, bodyBytes: 1e6, encoding: 'identity' }, ESTIMATE],
  ['a stream that breaks off between events', ASKED, { cutAfterEvents: 3 }, ESTIMATE],
  ['a stream that breaks off in an event', ASKED, { cutAfterBytes: 333 }, ESTIMATE],
  ['a stream that breaks off at once', ASKED, { cutAfterEvents: 0 }, ESTIMATE],
  ['a stream that breaks off after its cost', ASKED, { cutAfterEvents: 7 }, COST],
  ['a stream that nobody asked, and that breaks off', STREAM, { cutAfterEvents: 3 }, ESTIMATE],
  ['a stream that nobody asked, and that breaks off in an event', STREAM, { cutAfterBytes: 333 }, ESTIMATE],
  ['a stream whose last event is no JSON', ASKED, { malformed: true }, ESTIMATE],
  ['a stream with an error frame', STREAM, { errorFrameAfterEvents: 3 }, ESTIMATE],
  ['a stream without [DONE]', STREAM, { withoutDone: true }, COST],
  ['a stream that breaks off in its [DONE]', ASKED, { cutAfterEvents: 8 }, COST],
];

const BROKEN_IN_ZSTD: typeof BROKEN = [
  ['zstd that was cut', CHAT, { encoding: 'zstd', truncateTo: 60 }, ESTIMATE],
  ['zstd of nothing', CHAT, { encoding: 'zstd', truncateTo: 0 }, ESTIMATE],
  ['a zstd body that breaks off', CHAT, { cutAfterBytes: 50, encoding: 'zstd' }, ESTIMATE],
  ['a stream in zstd that breaks off', ASKED, { cutAfterEvents: 3, encoding: 'zstd' }, ESTIMATE],
  ['a stream in zstd that breaks off after its cost', ASKED, { cutAfterEvents: 7, encoding: 'zstd' }, COST],
];

/** Of a compressed body that breaks off, fetch itself decodes now more and now less: only the raw bytes can be compared. */
const BROKEN_IN_ITS_ENCODING: typeof BROKEN = [
  ['a gzip body that breaks off', CHAT, { cutAfterBytes: 50, encoding: 'gzip' }, ESTIMATE],
  ['a stream in gzip that breaks off', ASKED, { cutAfterEvents: 3, encoding: 'gzip' }, ESTIMATE],
  ...(HAS_ZSTD ? BROKEN_IN_ZSTD : []),
];

describe('an answer that is broken reaches its caller as it came, and is settled', () => {
  it.each(BROKEN)('%s, by fetch', async (_name, body, reply, booked) => {
    const { bare, metered, amount, basis } = await broken(body, reply);
    expect(metered).toEqual(bare);
    expect([amount, basis]).toEqual([booked, booked === COST ? 'reported' : 'estimated']);
  });

  it.each([...BROKEN, ...BROKEN_IN_ITS_ENCODING])("%s, by undici's request", async (_name, body, reply, booked) => {
    const { bare, metered, amount } = await broken(body, reply, 'requested');
    expect(metered).toEqual(bare);
    expect(amount).toBe(booked);
  });
});

/** The whole answer, to know where it can be cut. */
async function wholeLength(body: object, reply: ReplyOptions): Promise<number> {
  const { bare } = await twins.requested('/v3/chat/completions', postInit(body, { reply: { ...PLAIN, ...reply } }));
  return bare.bytes.length;
}

describe('an answer that is cut anywhere', () => {
  it.each<[string, object, ReplyOptions]>([
    ['JSON', CHAT, {}],
    ['JSON, its cost first', CHAT, { costAt: 'start' }],
    ['JSON, its cost as a string', CHAT, { costAs: 'string' }],
    ['JSON, in gzip', CHAT, { encoding: 'gzip' }],
  ])('%s: the charge is the whole cost or the estimate, and never a part of the cost', async (_name, body, reply) => {
    const length = await wholeLength(body, reply);
    const meter = twins.meter({ budgets, rateCard: false });
    const told = hear(meter);
    const cuts = Array.from({ length: Math.min(length, 120) }, (_, index) => length - 1 - index);
    const heads = Array.from({ length: 40 }, (_, index) => index);
    for (const at of new Set([...cuts, ...heads])) {
      for (const how of [{ truncateTo: at }, { cutAfterBytes: at }]) {
        const init = postInit(body, { reply: { ...PLAIN, ...reply, ...how } });
        const before = told.charge.length;
        const charged = nextEvent(meter, 'charge');
        const { bare, metered } = await twins.requested('/v3/chat/completions', init);
        expect(metered).toEqual(bare);
        await charged;
        expect(told.charge).toHaveLength(before + 1);
        expect({ at, how, amount: told.charge.at(-1)?.amount }).toEqual({
          at,
          how,
          amount: told.charge.at(-1)?.basis === 'reported' ? COST : ESTIMATE,
        });
      }
    }
    expect((await meter.remaining())[0]?.heldUsd).toBe(0);
  });

  it.each<[string, object]>([
    ['asked for its usage', ASKED],
    ['not asked', STREAM],
  ])(
    'a stream, %s: the caller has every byte that came, and the charge is the cost or the estimate',
    async (_, body) => {
      const length = await wholeLength(body, {});
      const meter = twins.meter({ budgets, rateCard: false });
      const told = hear(meter);
      for (let at = 1; at <= length; at += 7) {
        const charged = nextEvent(meter, 'charge');
        const init = postInit(body, { reply: { ...PLAIN, cutAfterBytes: at } });
        const { bare, metered } = await twins.requested('/v3/chat/completions', init);
        await charged;
        expect({ at, text: metered.bytes.toString('latin1') }).toEqual({ at, text: bare.bytes.toString('latin1') });
        expect([COST, ESTIMATE]).toContain(told.charge.at(-1)?.amount);
      }
      expect((await meter.remaining())[0]?.heldUsd).toBe(0);
    },
  );
});

describe('an event that is split anywhere, also inside a character,', () => {
  it.each<[string, object]>([
    ['of a stream that was asked', ASKED],
    ['of a stream that was not', STREAM],
  ])('%s: the caller has the same bytes, and the price is found', async (_name, body) => {
    const length = await wholeLength(body, {});
    const meter = twins.meter({ budgets, rateCard: false });
    const told = hear(meter);
    for (let at = 1; at < length; at += 5) {
      const init = postInit(body, { reply: { ...PLAIN, splitAt: [at, at + 1, at + 3] } });
      const { bare, metered } = await twins.requested('/v3/chat/completions', init);
      expect({ at, text: metered.bytes.toString('latin1') }).toEqual({ at, text: bare.bytes.toString('latin1') });
      expect(told.charge.at(-1)).toMatchObject({ amount: COST, basis: 'reported' });
    }
  });
});

describe('10 MB in a few kB of gzip', () => {
  it('pass as they came, and their price is found', async () => {
    const meter = twins.meter({ budgets, rateCard: false });
    const told = hear(meter);
    const reply: ReplyOptions = { ...PLAIN, bodyBytes: 10_000_000, encoding: 'gzip' };
    const { bare, metered } = await twins.requested('/v3/chat/completions', postInit(CHAT, { reply }));
    expect(metered).toEqual(bare);
    expect(metered.length).toBeLessThan(300_000);
    expect(told.charge).toMatchObject([{ amount: COST, basis: 'reported' }]);
  });
});
