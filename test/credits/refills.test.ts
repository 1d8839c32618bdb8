import { costAware, costErrors } from '@eden-cost/express';
import type { AutoRefill } from '@eden-cost/testing';
import express from 'express';
import { CHAT, postInit } from '../support/calls.js';
import { countOf, many } from '../support/lists.js';
import { useServers } from '../support/serve.js';
import { turnsUntil } from '../support/turns.js';
import { INTERVAL_MS, KEY, useWatchedEden } from '../support/watched-eden.js';

const start = useWatchedEden();
const serve = useServers();

const USERS = 50;
const CALL_NANOS = 10_000_000;
const CALL_USD = 0.01;

/** The card's threshold and amount, as the dashboard and the options have them. */
const CARD = { thresholdUsd: 0.5, amountUsd: 1 };

/** A machine with much else to do takes a while for some thousand requests. */
jest.setTimeout(60_000);

/** An app with fifty users, whose clients are told 503 while the operator's balance is empty. */
async function fiftyUsers(mode?: AutoRefill['mode'] | 'off', delayMs?: number) {
  let handler: ReturnType<typeof costAware> | undefined;
  const autoRefill =
    mode === undefined || mode === 'off' ? undefined : { ...CARD, mode, ...(mode === 'delayed' && { delayMs }) };
  const watched = await start(
    { balanceUsd: 1.2, ...(autoRefill && { autoRefill }) },
    { credits: { apiKey: KEY, lowUsd: 0.3 }, ...(autoRefill && { autoRefill: CARD }), logger: false },
    (options) => {
      handler = costAware({ ...options, status: { credits: 503 } });
      return handler.meter;
    },
  );
  const app = express().set('env', 'test');
  app.use(handler as ReturnType<typeof costAware>);
  app.get('/ask', async (_req, res) => {
    const headers = { authorization: `Bearer ${KEY}`, 'user-agent': 'ai/6.0.3' };
    const init = postInit(CHAT, { reply: { costUsd: CALL_USD }, headers });
    const response = await fetch(`${watched.eden.baseUrl}/chat/completions`, init);
    const body = await response.text();
    if (!response.ok) throw Object.assign(new Error(body), { responseHeaders: Object.fromEntries(response.headers) });
    res.type('json').send(body);
  });
  app.use(costErrors());
  const { url } = await serve(app);
  const { eden, meter } = watched;
  return {
    ...watched,
    /** All users ask at the same time; how many were answered, the others having got a 503. */
    async round(): Promise<number> {
      const statuses = await Promise.all(
        many(USERS, async () => {
          const response = await fetch(`${url}/ask`);
          await response.arrayBuffer();
          return response.status;
        }),
      );
      const answered = countOf(statuses, 200);
      expect(countOf(statuses, 503)).toBe(USERS - answered);
      return answered;
    },
    /** How far the running balance is from the truth, in calls. */
    callsOff: () =>
      Math.abs((meter.credits.balance()?.nanos ?? Number.NaN) - (eden.books().balanceNanos ?? Number.NaN)) / CALL_NANOS,
    chats: () => eden.books().requestsByPath['/v3/chat/completions'] ?? 0,
  };
}

/** Lets fifty users spend what is left. */
async function spendAll({ round }: { round: () => Promise<number> }): Promise<void> {
  while ((await round()) > 0);
}

test('without auto-refill: low, exhausted, and refilled when credits are bought', async () => {
  const users = await fiftyUsers('off');
  const { eden, states, clock, round, callsOff, chats, nextRead } = users;
  await round();
  expect(states).toEqual([]);
  await round();
  expect(states).toEqual(['low']);
  expect(callsOff()).toBeLessThanOrEqual(1);
  await spendAll(users);
  expect(states).toEqual(['low', 'exhausted']);
  expect(callsOff()).toBeLessThanOrEqual(1);

  const before = chats();
  for (let second = 0; second < 2; second++) expect(await round()).toBe(0);
  expect(chats()).toBe(before);
  await nextRead();
  expect(await round()).toBe(0);
  expect(chats()).toBe(before + 1);

  eden.topUp(3);
  clock.advance(5_000);
  expect(await round()).toBeGreaterThan(0);
  expect(await round()).toBe(USERS);
  expect(states).toEqual(['low', 'exhausted', 'refilled']);
  await nextRead();
  expect(callsOff()).toBe(0);
  expect(states).toEqual(['low', 'exhausted', 'refilled']);
});

test('with auto-refill that works, nobody notices, and the running balance counts on it', async () => {
  const { eden, meter, states, errors, round, callsOff, nextRead } = await fiftyUsers('on');
  for (let turn = 0; turn < 3; turn++) {
    expect(await round()).toBe(USERS);
    expect(callsOff()).toBeLessThanOrEqual(1);
  }
  expect(meter.credits.balance()).toMatchObject({ basis: 'projected' });
  expect(meter.credits.balance()).not.toHaveProperty('hoursLeft');
  await nextRead();
  expect(callsOff()).toBe(0);
  expect(meter.credits.balance()).toMatchObject({ basis: 'reported' });
  expect(eden.books().refills.length).toBeGreaterThan(0);
  expect(states).toEqual(['refilled']);
  expect(errors).toEqual([]);
});

test('with auto-refill that comes late: exhausted, and service resumes by itself', async () => {
  const users = await fiftyUsers('delayed', 90_000);
  const { meter, states, clock, round, callsOff, nextRead } = users;
  await spendAll(users);
  expect(states).toEqual(['low', 'exhausted']);
  await nextRead();
  expect(callsOff()).toBeLessThanOrEqual(1);
  expect(await round()).toBe(0);
  clock.advance(30_000);
  await nextRead();
  await turnsUntil(() => states.length === 3);
  expect(await round()).toBe(USERS);
  expect(callsOff()).toBeLessThanOrEqual(1);
  expect(states).toEqual(['low', 'exhausted', 'refilled']);
  expect(await meter.health()).toMatchObject({ credits: { state: 'ok', circuit: 'closed' } });
});

test('with a card that is refused: that is told once, beside exhausted, until it is mended', async () => {
  const users = await fiftyUsers('refused');
  const { eden, states, round, callsOff, nextRead } = users;
  await round();
  await round();
  await nextRead();
  expect(callsOff()).toBe(0);
  expect(states).toEqual(['low']);
  await spendAll(users);
  expect(states).toEqual(['low', 'exhausted']);
  for (let minute = 0; minute < 12; minute++) {
    await nextRead();
  }
  expect(await round()).toBe(0);
  expect(states).toEqual(['low', 'exhausted', 'unrefilled']);
  expect(callsOff()).toBeLessThanOrEqual(1);
  eden.topUp(2);
  await nextRead();
  expect(await round()).toBe(USERS);
  expect(states).toEqual(['low', 'exhausted', 'unrefilled', 'refilled']);
});

describe('read in the midst of fifty users', () => {
  it.each<[string, AutoRefill['mode'] | 'off']>([
    ['without auto-refill', 'off'],
    ['with auto-refill that works', 'on'],
    ['with auto-refill that comes late', 'delayed'],
    ['with a card that is refused', 'refused'],
  ])('%s, the running balance is within one call, and nothing is told twice', async (_how, mode) => {
    const { eden, meter, states, clock, round, callsOff, nextRead } = await fiftyUsers(mode, 70_000);
    for (let turn = 0; turn < 4; turn++) {
      const { calls } = meter.snapshot();
      let isOver = false;
      const answered = round().finally(() => {
        isOver = true;
      });
      await turnsUntil(() => isOver || meter.snapshot().calls >= calls + 10);
      clock.advance(INTERVAL_MS);
      await answered;
      await turnsUntil(() => meter.credits.balance()?.ageMs === 0);
      // a refill that is counted on, and does not come, is found out at the next read
      if (meter.credits.balance()?.basis !== 'projected' || mode === 'on') expect(callsOff()).toBeLessThanOrEqual(1);
    }
    await nextRead();
    expect(callsOff()).toBe(0);
    const refills = eden.books().refills.filter(({ outcome }) => outcome === 'bought').length;
    expect(states.filter((state) => state === 'refilled').length).toBeLessThanOrEqual(refills);
    if (mode === 'on') expect([new Set(states), refills > 0]).toEqual([new Set(['refilled']), true]);
    if (mode === 'off' || mode === 'refused') expect(states).toEqual(['low', 'exhausted']);
  });
});

test('a balance that is bought above the threshold by hand ends what was told of a card, also once it is spent again', async () => {
  const autoRefill = { ...CARD, mode: 'refused' } as const;
  const { eden, states, ask, nextRead } = await start(
    { balanceUsd: 0.4, autoRefill },
    { credits: { apiKey: KEY }, autoRefill: { ...CARD, graceMs: 2 * INTERVAL_MS } },
  );
  await nextRead();
  await nextRead();
  expect(states).toEqual(['unrefilled']);
  eden.topUp(0.3);
  await ask({ costUsd: 0.25 });
  await nextRead();
  expect(states).toEqual(['unrefilled', 'refilled']);
  await nextRead();
  expect(states).toEqual(['unrefilled', 'refilled']);
  await nextRead();
  expect(states).toEqual(['unrefilled', 'refilled', 'unrefilled']);
});

describe('with a card that is refused, what is bought by hand and leaves it below the threshold', () => {
  const autoRefill = { thresholdUsd: 10, amountUsd: 50 };
  const refused = (graceMs: number) =>
    start(
      { balanceUsd: 3, autoRefill: { ...autoRefill, mode: 'refused' } },
      { credits: { apiKey: KEY }, autoRefill: { ...autoRefill, graceMs } },
    );

  it('does not end what was told of the card', async () => {
    const { eden, states, nextRead } = await refused(2 * INTERVAL_MS);
    for (let minute = 0; minute < 3; minute++) await nextRead();
    eden.topUp(1);
    for (let minute = 0; minute < 4; minute++) await nextRead();
    expect(states).toEqual(['unrefilled', 'refilled']);
  });

  it('does not keep it from being told', async () => {
    const { eden, states, nextRead } = await refused(10 * INTERVAL_MS);
    for (let minute = 1; minute <= 30; minute++) {
      await nextRead();
      if (minute % 8 === 0) eden.topUp(0.5);
    }
    expect(states).toEqual(['refilled', 'unrefilled', 'refilled', 'refilled']);
  });
});

test('with hours left: low by the present rate, once', async () => {
  const { states, clock, ask } = await start({ balanceUsd: 10 }, { credits: { apiKey: KEY, lowHours: 4 } });
  await ask({ costUsd: 1 });
  clock.advance(1_800_000);
  await ask({ costUsd: 0.2 });
  expect(states).toEqual(['low']);
  clock.advance(60_000);
  await ask({ costUsd: 0.2 });
  expect(states).toEqual(['low']);
});
