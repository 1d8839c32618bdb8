import { isCreditsExhausted } from '@eden-cost/core';
import { type EdenStandIn, manualClock } from '@eden-cost/testing';
import { CHAT, postInit } from '../support/calls.js';
import { many } from '../support/lists.js';
import { hear, useMeteredEden } from '../support/meter.js';
import { turnsUntil } from '../support/turns.js';
import { KEY, useWatchedEden } from '../support/watched-eden.js';

const start = useWatchedEden();
const metered = useMeteredEden();

/** The circuit alone, without a balance watch. */
function circuit(openMs?: number) {
  const clock = manualClock();
  const budgets = [{ name: 'all', limitUsd: 100, window: 'total' }] as const;
  const meter = metered.meter({ clock, budgets, rateCard: false, ...(openMs && { circuit: { openMs } }) });
  const ask = async (headers: Record<string, string> = { authorization: `Bearer ${KEY}` }, body: object = CHAT) => {
    const response = await fetch(`${metered.eden.baseUrl}/chat/completions`, postInit(body, { headers }));
    await response.text();
    return response;
  };
  return {
    clock,
    meter,
    told: hear(meter),
    ask,
    status: async (...args: Parameters<typeof ask>) => (await ask(...args)).status,
  };
}

const sent = () => metered.eden.books().requests;

beforeEach(() => metered.eden.setBalance(0));

it('sends one call after a 402, and denies the others in the same form, holding nothing', async () => {
  const { meter, told, ask } = circuit();
  const first = await ask();
  const second = await ask();
  expect([first.status, second.status, sent()]).toEqual([402, 402, 1]);
  for (const answer of [first, second]) expect(answer.headers.get('x-eden-cost-denial')).toBeTruthy();
  expect(second.headers.get('x-should-retry')).toBe('false');
  expect(told.denied.map(({ reason }) => reason)).toEqual(['credits', 'credits']);
  expect(told.credits).toHaveLength(1);
  expect(await meter.remaining()).toMatchObject([{ heldUsd: 0, remainingUsd: 100 }]);
  expect(await meter.health()).toMatchObject({ credits: { state: 'off', circuit: 'open' } });
  await meter.run({}, async () => {
    const error = await ask().catch((thrown: unknown) => thrown);
    expect(isCreditsExhausted(error)).toBe(true);
  });
});

it('lets one call at a time try again, and closes when it is answered', async () => {
  const { clock, meter, status } = circuit(1_000);
  await status();
  clock.advance(999);
  expect([await status(), sent()]).toEqual([402, 1]);
  clock.advance(1);
  const flood = await Promise.all(many(20, () => status()));
  expect([new Set(flood), sent()]).toEqual([new Set([402]), 2]);
  metered.eden.topUp(5);
  clock.advance(1_000);
  expect(await status()).toBe(200);
  expect(await Promise.all(many(5, () => status()))).toEqual([200, 200, 200, 200, 200]);
  expect(await meter.health()).toMatchObject({ credits: { circuit: 'closed' } });
});

it('makes room for another one when the call that tries again fails, or is denied by a budget', async () => {
  const { clock, status } = circuit(1_000);
  await status();
  metered.eden.topUp(5);
  clock.advance(1_000);
  metered.eden.script({ status: 500 });
  expect(await status()).toBe(500);
  expect(await status({ authorization: `Bearer ${KEY}`, 'x-eden-cost-estimate': '1000' })).toBe(402);
  expect(await status()).toBe(200);
});

it('does not keep everybody waiting for one that is never answered', async () => {
  const { clock, status } = circuit(1_000);
  await status();
  metered.eden.topUp(5);
  clock.advance(1_000);
  let letGo = () => {};
  metered.eden.script({ hold: new Promise<void>((resolve) => (letGo = resolve)) });
  const slow = status();
  await metered.eden.received(2);
  expect(await status()).toBe(402);
  clock.advance(30_000);
  expect(await status()).toBe(200);
  letGo();
  expect(await slow).toBe(200);
});

it("is the key's own: one that has used up its own budget stops no other", async () => {
  const { status } = circuit();
  metered.eden.script({ status: 402 });
  metered.eden.topUp(5);
  expect(await status()).toBe(402);
  expect(await status()).toBe(402);
  expect(await status({ authorization: 'Bearer sk-eden-other' })).toBe(200);
  expect(await status({ 'x-api-key': 'sk-eden-third' })).toBe(200);
});

it('knows a key in whichever header it is', async () => {
  const { status } = circuit();
  expect(await status()).toBe(402);
  metered.eden.topUp(5);
  const inEach: Record<string, string>[] = [
    { 'x-api-key': KEY },
    { authorization: `bearer  ${KEY} ` },
    { authorization: `Bearer  ${KEY}` },
    { authorization: 'Bearer  ', 'x-api-key': KEY },
  ];
  for (const headers of inEach) expect(await status(headers)).toBe(402);
  expect(sent()).toBe(1);
});

it('of calls without a key is that of the proxy that adds one', async () => {
  const { eden: other } = await start();
  const meter = metered.meter({ rateCard: false, intercept: false, baseUrls: [metered.eden.url, other.url] });
  const statusAt = async ({ baseUrl }: EdenStandIn) => {
    const response = await meter.fetch(`${baseUrl}/chat/completions`, postInit(CHAT));
    await response.text();
    return response.status;
  };
  expect([await statusAt(metered.eden), await statusAt(metered.eden), sent()]).toEqual([402, 402, 1]);
  expect(await statusAt(other)).toBe(200);
});

it('is not closed by calls that left before it opened, nor opened by those that left before it closed', async () => {
  const { clock, status } = circuit(1_000);
  metered.eden.setBalance(1);
  const holds = many(2, () => {
    let letGo = () => {};
    const hold = new Promise<void>((resolve) => (letGo = resolve));
    return { hold, letGo: () => letGo() };
  });
  metered.eden.script([{ hold: holds[0]?.hold }, { hold: holds[1]?.hold, status: 402 }, { status: 402 }]);
  const early = status();
  await metered.eden.received(1);
  const late = status();
  await metered.eden.received(2);
  expect(await status()).toBe(402);
  holds[0]?.letGo();
  expect(await early).toBe(200);
  expect(await status()).toBe(402);
  clock.advance(1_000);
  expect(await status()).toBe(200);
  holds[1]?.letGo();
  expect(await late).toBe(402);
  expect(await status()).toBe(200);
});

it('lets pass what costs no credits: reads of jobs, and models that a provider key of your own pays for', async () => {
  const { status } = circuit();
  const own = { ...CHAT, model: 'openai/own' };
  metered.eden.script({ byok: true, metadata: true, match: { model: 'openai/own' }, times: Number.POSITIVE_INFINITY });
  const key = { authorization: `Bearer ${KEY}` };
  expect([await status(key, own), await status(), await status(), await status(key, own)]).toEqual([
    200, 402, 402, 200,
  ]);
  expect((await fetch(`${metered.eden.baseUrl}/universal-ai/async/unknown`, { headers: key })).status).toBe(404);
});

describe('a model that a provider key of your own has paid for once', () => {
  const BYOK = { byok: true, metadata: true };

  it('is refused like any other from its first 402 on', async () => {
    const { status } = circuit();
    metered.eden.script(BYOK);
    expect(await status()).toBe(200);
    expect(await Promise.all([status(), status()])).toEqual([402, 402]);
    const before = sent();
    expect(await Promise.all(many(20, () => status()))).toEqual(many(20, () => 402));
    expect(sent()).toBe(before);
  });

  it('is taken to be paid for by it no longer than an hour', async () => {
    const { clock, status } = circuit(10_000);
    const own = { ...CHAT, model: 'openai/own' };
    const key = { authorization: `Bearer ${KEY}` };
    metered.eden.script(BYOK);
    expect(await status(key, own)).toBe(200);
    clock.advance(3_600_000);
    expect([await status(), await status(key, own), sent()]).toEqual([402, 402, 2]);
  });
});

describe('a call that tries again, and is answered, but not from the credits', () => {
  it.each([
    ['an answer of the response cache', { cached: true }],
    ['an answer that a provider key of your own paid for', { byok: true, metadata: true }],
    ['an answer that is free', { costUsd: 0 }],
  ])('%s: proves nothing, and the next one tries', async (_what, reply) => {
    const { clock, meter, status } = circuit(1_000);
    await status();
    clock.advance(1_000);
    metered.eden.setBalance(5);
    metered.eden.script(reply);
    expect(await status({ authorization: `Bearer ${KEY}` }, { ...CHAT, model: 'openai/own' })).toBe(200);
    metered.eden.setBalance(0);
    expect(await Promise.all(many(9, () => status()))).toEqual(many(9, () => 402));
    expect(sent()).toBe(3);
    metered.eden.setBalance(5);
    clock.advance(1_000);
    expect([await status(), await status(), await status()]).toEqual([200, 200, 200]);
    expect(await meter.health()).toMatchObject({ credits: { circuit: 'closed' } });
  });

  describe('a job', () => {
    const VIDEO = { model: 'openai/sora-2', prompt: 'x' };
    const startVideo = async () => {
      const init = postInit(VIDEO, { headers: { authorization: `Bearer ${KEY}` } });
      const answer = await fetch(`${metered.eden.baseUrl}/videos`, init);
      await answer.text();
      return answer.status;
    };

    it('that Eden AI starts is paid for later, and closes it', async () => {
      const { clock, meter, status } = circuit(1_000);
      await status();
      metered.eden.setBalance(5);
      clock.advance(1_000);
      expect(await startVideo()).toBe(200);
      metered.eden.script({ status: 500, times: 3 });
      expect(await Promise.all(many(3, () => status()))).toEqual([500, 500, 500]);
      expect(await meter.health()).toMatchObject({ credits: { circuit: 'closed' } });
    });

    it('of the response cache, which an earlier call started, proves nothing', async () => {
      const { clock, status } = circuit(1_000);
      metered.eden.setBalance(5);
      const cached = { body: { id: 'video-1', status: 'queued', cost: 0 }, match: { path: '/videos' }, times: 2 };
      metered.eden.script(cached);
      expect(await startVideo()).toBe(200);
      metered.eden.setBalance(0);
      await status();
      clock.advance(1_000);
      metered.eden.setBalance(5);
      expect(await startVideo()).toBe(200);
      metered.eden.setBalance(0);
      expect(await Promise.all(many(9, () => status()))).toEqual(many(9, () => 402));
      expect(sent()).toBe(4);
    });
  });
});

it('is told as open only while it denies', async () => {
  const { clock, meter, status } = circuit(1_000);
  await status();
  expect(await meter.health()).toMatchObject({ credits: { circuit: 'open' } });
  clock.advance(1_000);
  expect(await meter.health()).toMatchObject({ credits: { circuit: 'closed' } });
});

it('denies nothing in observe mode, nor when it is switched off', async () => {
  for (const options of [{ mode: 'observe' }, { circuit: false }] as const) {
    const meter = metered.meter({ ...options, rateCard: false });
    const before = sent();
    for (let i = 0; i < 3; i++) {
      await (await fetch(`${metered.eden.baseUrl}/chat/completions`, postInit(CHAT))).text();
    }
    expect(sent()).toBe(before + 3);
    await meter.close();
  }
});

it('is not kept open by a clock that is set back', async () => {
  const { clock, status } = circuit(1_000);
  await status();
  metered.eden.topUp(5);
  clock.set(0);
  expect(await status()).toBe(200);
});

describe('with a balance watch', () => {
  it("a key's own budget is not taken for the account's balance", async () => {
    const { meter, states, ask } = await start({
      balanceUsd: 5,
      keys: [KEY, { key: 'sk-eden-small', balanceUsd: 0 }],
    });
    expect(await ask({}, { key: 'sk-eden-small' })).toBe(402);
    expect(states).toEqual([]);
    expect(await meter.health()).toMatchObject({ credits: { state: 'ok', circuit: 'open' } });
    expect(await ask()).toBe(200);
  });

  it('without a balance that can be read, a 402 is taken for the balance, and the first answer for a refill', async () => {
    const { eden, states, clock, ask } = await start(
      { balanceUsd: 0 },
      { credits: { apiKey: KEY, balanceUrl: 'http://127.0.0.1:9/' } },
    );
    expect([await ask(), await ask()]).toEqual([402, 402]);
    expect(states).toEqual(['exhausted']);
    eden.topUp(1);
    clock.advance(5_000);
    expect([await ask(), await ask()]).toEqual([200, 200]);
    expect(states).toEqual(['exhausted', 'refilled']);
  });

  it('a read that finds credits closes it at once', async () => {
    const { eden, states, nextRead, ask } = await start({ balanceUsd: 0 }, { circuit: { openMs: 3_600_000 } });
    expect([await ask(), await ask()]).toEqual([402, 402]);
    eden.topUp(1);
    await nextRead();
    await turnsUntil(() => states.at(-1) === 'refilled');
    expect(await ask()).toBe(200);
  });
});

describe('when a balance that was read lately says that credits are there', () => {
  const DEAR = { model: 'openai/dear' };

  it('a call that is too dear keeps back its like, and the first of another model tries at once', async () => {
    const { eden, ask } = await start({ balanceUsd: 100 });
    expect([await ask({ status: 402 }, DEAR), await ask({}, DEAR)]).toEqual([402, 402]);
    expect(await ask()).toBe(200);
    expect(await Promise.all(many(5, () => ask()))).toEqual(many(5, () => 200));
    expect(await ask({}, DEAR)).toBe(402);
    expect(eden.books().requestsByPath['/v3/chat/completions']).toBe(7);
  });

  it('the second model that is refused shows that the key has used up its own budget', async () => {
    const { eden, meter, clock, ask } = await start({ balanceUsd: 100, keys: [{ key: KEY, balanceUsd: 0 }] });
    const models = ['a', 'b', 'c', 'a', 'd'].map((name) => ({ model: `openai/${name}` }));
    for (const model of models) expect(await ask({}, model)).toBe(402);
    expect(eden.books().requestsByPath['/v3/chat/completions']).toBe(2);
    expect(await meter.health()).toMatchObject({ credits: { state: 'ok', circuit: 'open' } });
    clock.advance(5_000);
    for (const model of models) expect(await ask({}, model)).toBe(402);
    expect(eden.books().requestsByPath['/v3/chat/completions']).toBe(3);
  });
});

it('lets one call try when credits are bought for an account that had some: a key may have a budget of its own', async () => {
  const { eden, states, nextRead, ask } = await start(
    { balanceUsd: 5, keys: [KEY, { key: 'sk-eden-small', balanceUsd: 0 }] },
    { circuit: { openMs: 3_600_000 } },
  );
  const small = () => ask({}, { key: 'sk-eden-small' });
  expect(await small()).toBe(402);
  const before = eden.books().requestsByPath['/v3/chat/completions'] ?? 0;
  eden.topUp(5);
  await nextRead();
  expect(states).toEqual(['refilled']);
  expect(await Promise.all(many(20, small))).toEqual(many(20, () => 402));
  expect(eden.books().requestsByPath['/v3/chat/completions']).toBe(before + 1);
});

it('is not kept waiting by a call that was to try again, and whose caller went away before it left', async () => {
  const clock = manualClock();
  const budgets = [{ name: 'all', limitUsd: 0.03, window: 'total', estimateUsd: 0.02 }] as const;
  metered.meter({ clock, budgets, rateCard: false, circuit: { openMs: 1_000 } });
  const asked = (init: RequestInit) =>
    fetch(`${metered.eden.baseUrl}/chat/completions`, {
      ...postInit(CHAT, { headers: { authorization: `Bearer ${KEY}` }, reply: { costUsd: 0.001 } }),
      ...init,
    });
  expect((await asked({})).status).toBe(402);
  metered.eden.topUp(5);

  let letGo = () => {};
  metered.eden.script({
    hold: new Promise<void>((resolve) => (letGo = resolve)),
    match: { path: '/chat/completions' },
  });
  const other = fetch(
    `${metered.eden.baseUrl}/chat/completions`,
    postInit(CHAT, { headers: { authorization: 'Bearer b' } }),
  );
  await metered.eden.received(2); // it holds what another call needs
  clock.advance(1_000);
  const abort = new AbortController();
  const gone = asked({ signal: abort.signal });
  abort.abort();
  await expect(gone).rejects.toMatchObject({ name: 'AbortError' });
  letGo();
  await (await other).text();
  expect((await asked({})).status).toBe(200);
});
