import { inspect } from 'node:util';
import { createMeter } from '@eden-cost/core';
import type { ReplyOptions } from '@eden-cost/testing';
import { CHAT, postInit, readAnswer } from '../support/calls.js';
import { many } from '../support/lists.js';
import { useServers } from '../support/serve.js';
import { turnsUntil } from '../support/turns.js';
import { BALANCE_PATH, INTERVAL_MS, KEY, useWatchedEden } from '../support/watched-eden.js';

const start = useWatchedEden();
const serve = useServers();

const HTML: ReplyOptions = { body: '<!doctype html><title>Not here</title>', headers: { 'content-type': 'text/html' } };

describe('the balance', () => {
  it('is what Eden AI said, and then that less our own charges', async () => {
    const { meter, clock, ask } = await start({ balanceUsd: 2 });
    expect(meter.credits.balance()).toEqual({ usd: 2, nanos: 2_000_000_000, basis: 'reported', ageMs: 0 });
    await ask({ costUsd: '0.123456789' });
    clock.advance(30_000);
    expect(meter.credits.balance()).toMatchObject({ nanos: 1_876_543_211, basis: 'estimated', ageMs: 30_000 });
  });

  it('is read once in an interval, whatever the load, with the key of the options', async () => {
    const { eden, ask, reads, nextRead } = await start({ balanceUsd: 10 });
    await Promise.all(many(40, () => ask({ costUsd: 0.01 })));
    expect(reads()).toBe(1);
    await nextRead();
    await nextRead();
    expect(reads()).toBe(3);
    const read = eden.requests().find(({ path }) => path === BALANCE_PATH);
    expect(read?.headers.authorization).toBe(`Bearer ${KEY}`);
  });

  it('takes off a call once, that was billed before the read and settled after it', async () => {
    const { eden, meter, clock, ask } = await start({ balanceUsd: 1 });
    let letGo = () => {};
    const hold = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    eden.script({ hold, holdAfterEvents: 2, costUsd: 0.1, match: { model: 'openai/gpt-4o-mini' } });
    const answer = fetch(`${eden.baseUrl}/chat/completions`, {
      method: 'POST',
      body: JSON.stringify({ model: 'openai/gpt-4o-mini', stream: true, messages: [] }),
    });
    const response = await answer;
    await turnsUntil(() => eden.books().totalNanos === 100_000_000);
    clock.advance(INTERVAL_MS);
    await turnsUntil(() => meter.credits.balance()?.ageMs === 0);
    expect(meter.credits.balance()?.nanos).toBe(900_000_000);
    await ask({ costUsd: 0.02 });
    expect(meter.credits.balance()?.nanos).toBe(880_000_000);
    letGo();
    await response.text();
    expect(meter.credits.balance()?.nanos).toBe(880_000_000);
    expect(eden.books().balanceNanos).toBe(880_000_000);
  });

  it('takes off calls in flight at a purchase by hand that is no refill', async () => {
    const { eden, meter, nextRead } = await start(
      { balanceUsd: 30 },
      { autoRefill: { thresholdUsd: 10, amountUsd: 50 } },
    );
    let letGo = () => {};
    const hold = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    eden.script({ costUsd: 1, hold, times: 5 });
    const init = postInit(CHAT, { headers: { authorization: `Bearer ${KEY}` } });
    const calls = many(5, async () => readAnswer(await fetch(`${eden.baseUrl}/chat/completions`, init)));
    await turnsUntil(() => eden.books().requestsByPath['/v3/chat/completions'] === 5);
    eden.topUp(7);
    await nextRead();
    expect(meter.credits.balance()?.usd).toBe(37);
    letGo();
    await Promise.all(calls);
    expect(meter.credits.balance()).toMatchObject({ usd: 32, nanos: eden.books().balanceNanos });
  });

  it('takes off jobs that end after a read which shows what others have spent', async () => {
    const { eden, meter, clock, nextRead } = await start({ balanceUsd: 100 });
    const url = `${eden.url}/v3/universal-ai/async`;
    const headers = { authorization: `Bearer ${KEY}` };
    const ids: string[] = [];
    for (let job = 0; job < 5; job++) {
      const body = { model: 'ocr/financial_parser/veryfi', input: { job } };
      const init = postInit(body, { reply: { settledCostUsd: 1, pollsNeeded: 1 }, headers });
      ids.push(JSON.parse((await readAnswer(await fetch(url, init))).bytes.toString()).public_id);
    }
    eden.spendElsewhere(10);
    await nextRead();
    expect(meter.credits.balance()).toMatchObject({ usd: 90, basis: 'reported' });
    clock.advance(1);
    for (const id of [...ids, ...ids]) await readAnswer(await fetch(`${url}/${id}`, { headers }));
    expect(eden.books().balanceNanos).toBe(85_000_000_000);
    expect(meter.credits.balance()).toMatchObject({ usd: 85, basis: 'estimated' });
  });

  it('sees at the next read what other apps of the account spend', async () => {
    const { eden, meter, nextRead } = await start({ balanceUsd: 5 });
    eden.spendElsewhere(3);
    expect(meter.credits.balance()?.usd).toBe(5);
    await nextRead();
    expect(meter.credits.balance()?.usd).toBe(2);
  });

  it('says how many hours are left at the rate of the last hour', async () => {
    const { meter, clock, ask } = await start({ balanceUsd: 3 });
    await ask({ costUsd: 0.5 });
    clock.advance(1_800_000);
    await ask({ costUsd: 0.5 });
    expect(meter.credits.balance()?.hoursLeft).toBe(1);
  });

  it('says no hours in the first quarter of an hour: a start with a dear call is no alarm', async () => {
    const { meter, states, clock, ask } = await start({ balanceUsd: 42.5 }, { credits: { apiKey: KEY, lowHours: 12 } });
    await ask({ costUsd: 0.31 });
    clock.advance(899_999);
    expect(meter.credits.balance()).not.toHaveProperty('hoursLeft');
    clock.advance(1);
    expect(meter.credits.balance()?.hoursLeft).toBeCloseTo(42.19 / 1.24);
    expect(states).toEqual([]);
  });

  it('is neither metered nor held, also at an address where calls are', async () => {
    const { url } = await serve((_req, res) => void res.end('{"credits":4,"cost":1}'));
    const { meter } = await start(
      {},
      {
        baseUrls: [url],
        budgets: [{ name: 'none', limitUsd: 0, window: 'total' }],
        credits: { apiKey: KEY, balanceUrl: `${url}/v3/universal-ai/balance` },
      },
    );
    expect(meter.credits.balance()?.usd).toBe(4);
    expect(meter.snapshot()).toMatchObject({ calls: 0, deniedCalls: 0, costNanos: 0 });
  });

  it('keeps the key where no console and no JSON finds it', async () => {
    const { meter } = await start();
    expect(inspect(meter, { depth: 9, showHidden: true }) + JSON.stringify(meter)).not.toContain(KEY);
  });

  it('is not watched with EDEN_COST=off', async () => {
    process.env.EDEN_COST = 'off';
    const asked: string[] = [];
    const { url } = await serve((req, res) => {
      asked.push(req.url ?? '');
      res.end();
    });
    const meter = createMeter({ baseUrls: [url], credits: { apiKey: KEY } });
    delete process.env.EDEN_COST;
    await (await fetch(url)).text();
    expect([asked, meter.credits.balance()]).toEqual([['/'], undefined]);
    await meter.close();
  });

  it('leaves nothing behind after close()', async () => {
    const { meter, clock, reads } = await start();
    await meter.close();
    clock.advance(INTERVAL_MS * 3);
    expect([reads(), clock.pending]).toEqual([1, 0]);
  });
});

it('an answer that is kept for long tells low once, and no purchase', async () => {
  const { eden, meter, states, ask, nextRead } = await start(
    { balanceUsd: 10 },
    { credits: { apiKey: KEY, lowUsd: 9 } },
  );
  eden.script({ match: { path: BALANCE_PATH }, body: { credits: 10 }, times: Number.POSITIVE_INFINITY });
  for (let minute = 0; minute < 6; minute++) {
    await ask({ costUsd: 1.2 });
    await nextRead();
    expect(meter.credits.balance()).toMatchObject({ usd: 8.8, basis: 'estimated' });
  }
  expect(states).toEqual(['low']);
});

describe('an answer that is no balance', () => {
  const always = (reply: ReplyOptions) => ({
    ...reply,
    match: { path: BALANCE_PATH },
    times: Number.POSITIVE_INFINITY,
  });

  it.each<[string, ReplyOptions, RegExp]>([
    ['a 401', { status: 401 }, /status 401\): the API key was not accepted/],
    ['a 403, as for another kind of key', { status: 403 }, /status 403\): this kind of API key may not read it/],
    ['a 404', { status: 404 }, /status 404\): there is no such endpoint/],
    ['a 405', { status: 405 }, /status 405\): there is no such endpoint/],
    ['a page of HTML', HTML, /there is no such endpoint/],
    ['a redirect', { status: 302, headers: { location: '/login' } }, /there is no such endpoint/],
    ['another shape', { body: { balance: 4 } }, /not in a shape that is known/],
    ['a 500', { status: 500 }, /Eden AI failed/],
    ['a 429', { status: 429, errorShape: 'rate-limited' }, /rate limit/],
    ['a connection that breaks', { reset: 'before-headers' }, /could not be reached/],
  ])('%s: is told once, calls go on, and it is read again no sooner', async (_name, reply, message) => {
    const { eden, meter, clock, errors, reads, ask } = await start();
    eden.script(always(reply));
    clock.advance(INTERVAL_MS);
    await turnsUntil(() => errors.length === 1);
    expect(errors[0]).toMatchObject({ problem: 'credits', message: expect.stringMatching(message) });
    expect(errors[0]?.message).not.toContain(KEY);
    expect(await ask({ costUsd: 0.01 })).toBe(200);
    expect(meter.credits.balance()).toMatchObject({ basis: 'estimated', ageMs: INTERVAL_MS });
    expect(reads()).toBe(2);
    clock.advance(INTERVAL_MS - 1);
    expect(reads()).toBe(2);
    clock.advance(3_600_000);
    await turnsUntil(() => reads() >= 3);
    await eden.idle();
    expect(errors).toHaveLength(1);
  });

  it('leaves no balance when there never was one', async () => {
    const { eden, meter, clock } = await start({}, { credits: { apiKey: KEY, balanceUrl: 'http://127.0.0.1:9/' } });
    expect(meter.credits.balance()).toBeUndefined();
    expect(await meter.health()).toMatchObject({ status: 'up', credits: { state: 'unknown', circuit: 'closed' } });
    expect([eden.books().requests, clock.pending]).toEqual([0, 1]);
  });

  it('that says when to come back, is asked again then', async () => {
    const { eden, clock, errors, reads } = await start();
    eden.script({ match: { path: BALANCE_PATH }, status: 429, retryAfter: 300 });
    clock.advance(INTERVAL_MS);
    await turnsUntil(() => errors.length === 1);
    clock.advance(299_000);
    await eden.idle();
    expect(reads()).toBe(2);
    clock.advance(1_000);
    await turnsUntil(() => reads() === 3);
  });
});

test("a clock that differs from Eden AI's is told of once; a clock that is set back makes no age negative", async () => {
  const { eden, meter, clock, errors, nextRead } = await start();
  const date = new Date(clock.now() - 7_200_000 + INTERVAL_MS).toUTCString();
  eden.script({ match: { path: BALANCE_PATH }, body: { credits: 1 }, headers: { date }, times: 2 });
  await nextRead();
  await nextRead();
  expect(errors).toEqual([
    expect.objectContaining({ problem: 'clock', message: expect.stringContaining("7200 s ahead of Eden AI's") }),
  ]);
  clock.set(0);
  expect(meter.credits.balance()?.ageMs).toBe(0);
});

it('a clock that is wrong is told of also where the balance cannot be read', async () => {
  const { eden, clock, errors } = await start();
  const date = new Date(clock.now() + 7_200_000 + INTERVAL_MS).toUTCString();
  eden.script({ match: { path: BALANCE_PATH }, status: 404, headers: { date } });
  clock.advance(INTERVAL_MS);
  await turnsUntil(() => errors.length === 2);
  expect(errors).toEqual([
    expect.objectContaining({ problem: 'clock', message: expect.stringContaining("7200 s behind Eden AI's") }),
    expect.objectContaining({ problem: 'credits' }),
  ]);
});

it('a 402 that overtakes the charges of calls before it is understood once they are there, also where a refill is counted on', async () => {
  const { eden, states, ask } = await start(
    { balanceUsd: 0.02 },
    { credits: { apiKey: KEY }, autoRefill: { thresholdUsd: 0.01, amountUsd: 1 } },
  );
  let letGo = () => {};
  const hold = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  eden.script({ costUsd: 0.02, hold, holdAfterEvents: 2, match: { model: 'openai/gpt-4o-mini' } });
  const body = JSON.stringify({ model: 'openai/gpt-4o-mini', stream: true, messages: [] });
  const stream = await fetch(`${eden.baseUrl}/chat/completions`, { method: 'POST', body });
  expect(await ask()).toBe(402);
  expect(states).toEqual([]);
  letGo();
  await stream.text();
  expect(states.at(-1)).toBe('exhausted');
});
