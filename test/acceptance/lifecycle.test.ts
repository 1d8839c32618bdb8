import { createMeter, OptionsError } from '@eden-cost/core';
import { costAware, withBudget } from '@eden-cost/express';
import { manualClock, standInHeaders } from '@eden-cost/testing';
import express from 'express';
import * as undici from 'undici';
import { CHAT, postInit, readAnswer } from '../support/calls.js';
import { chats } from '../support/chats.js';
import { hear, useMeteredEden } from '../support/meter.js';
import { useServers } from '../support/serve.js';
import { slots } from '../support/slots.js';
import { turnsUntil } from '../support/turns.js';

const metered = useMeteredEden();
const { ask, heldCall } = chats(metered);
const serve = useServers();

describe('close()', () => {
  it('restores every slot exactly as it was', async () => {
    const before = slots();
    const meter = metered.meter();
    const during = slots();
    for (const slot of ['fetch', 'dispatch', 'close', 'addRequest'] as const) {
      expect(during[slot]?.value).not.toBe(before[slot]?.value);
    }
    expect(await meter.close()).toEqual({ restored: true, unsettled: 0 });
    expect(slots()).toEqual(before);
  });

  it('leaves an inert pass-through where somebody wrapped a slot after it, and says so', async () => {
    const original = globalThis.fetch;
    const meter = metered.meter({ budgets: [{ name: 'nothing', limitUsd: 0, window: 'total' }] });
    const ours = globalThis.fetch;
    const theirs: typeof fetch = (input, init) => ours(input, init);
    globalThis.fetch = theirs;
    try {
      expect(await ask()).toBe(402);
      expect(await meter.close()).toEqual({ restored: false, unsettled: 0 });
      expect(globalThis.fetch).toBe(theirs);
      expect(await ask()).toBe(200);
      expect(meter.snapshot()).toMatchObject({ calls: 0, deniedCalls: 1 });
    } finally {
      globalThis.fetch = original;
    }
  });

  it('waits for the calls in flight, and books them', async () => {
    const meter = metered.meter({ budgets: [{ name: 'all', limitUsd: 1, window: 'total' }], rateCard: false });
    const told = hear(meter);
    const letGo = heldCall({ costUsd: 0.0123 });
    const answer = ask();
    await metered.eden.received(1);
    const closing = meter.close();
    // what is called from now on is not metered any more
    expect(await ask({ reply: { costUsd: 5 } })).toBe(200);
    letGo();
    expect(await answer).toBe(200);
    expect(await closing).toEqual({ restored: true, unsettled: 0 });
    expect(told.charge.map(({ amount }) => amount)).toEqual([12_300_000]);
    expect(meter.snapshot()).toMatchObject({ costNanos: 12_300_000, callsInFlight: 0 });
  });

  it('lets a stream in flight through whole', async () => {
    const meter = metered.meter();
    const told = hear(meter);
    let letGo = (): void => {};
    const hold = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    metered.eden.script({ costUsd: 0.0123, hold, holdAfterEvents: 2 });
    const response = await fetch(`${metered.eden.baseUrl}/chat/completions`, postInit({ ...CHAT, stream: true }));
    const closing = meter.close();
    letGo();
    const { bytes, error } = await readAnswer(response);
    expect(error).toBeUndefined();
    expect(bytes.toString()).toMatch(/"finish_reason":"stop"[^\n]*\n\ndata: \[DONE\]\n\n$/);
    expect(await closing).toEqual({ restored: true, unsettled: 0 });
    expect(told.charge).toMatchObject([{ amount: 12_300_000, basis: 'reported' }]);
  });

  it('says how many calls it did not wait for', async () => {
    const meter = metered.meter();
    const letGo = heldCall({ costUsd: 0.0123 });
    const answer = ask();
    await metered.eden.received(1);
    expect(await meter.close({ timeoutMs: 1 })).toEqual({ restored: true, unsettled: 1 });
    letGo();
    expect(await answer).toBe(200);
  });

  it('waits as well for a call that waited for room and is let in', async () => {
    const budget = { name: 'all', limitUsd: 0.01, window: 'total', estimateUsd: 0.01 } as const;
    const clock = manualClock();
    const meter = metered.meter({ budgets: [budget], clock, rateCard: false });
    const letGo = heldCall({ costUsd: 0 });
    const first = ask();
    await metered.eden.received(1);
    const quiet = clock.pending;
    const second = ask({ reply: { costUsd: 0.0123 } });
    await turnsUntil(() => clock.pending > quiet);
    const closing = meter.close();
    letGo();
    expect(await closing).toEqual({ restored: true, unsettled: 0 });
    expect(meter.snapshot()).toMatchObject({ calls: 2, costNanos: 12_300_000 });
    expect(await Promise.all([first, second])).toEqual([200, 200]);
    expect(clock.pending).toBe(0);
  });

  it('denies what waits for room, and leaves no timer behind', async () => {
    const clock = manualClock();
    const budget = { name: 'all', limitUsd: 0.01, window: 'total', estimateUsd: 0.01 } as const;
    const meter = metered.meter({ budgets: [budget], clock, rateCard: false });
    const letGo = heldCall({ costUsd: 0.01 });
    const first = ask();
    await metered.eden.received(1);
    const second = ask();
    const closing = meter.close();
    letGo();
    expect(await Promise.all([first, second, closing])).toMatchObject([200, 402, { unsettled: 0 }]);
    expect(clock.pending).toBe(0);
  });

  it('can be called twice, and makes room for the next meter', async () => {
    const before = slots();
    const meter = metered.meter();
    expect(() => metered.meter()).toThrow(OptionsError);
    expect(await Promise.all([meter.close(), meter.close()])).toEqual([
      { restored: true, unsettled: 0 },
      { restored: true, unsettled: 0 },
    ]);
    const next = metered.meter();
    expect(await ask({ reply: { costUsd: 0.0123 } })).toBe(200);
    expect(next.snapshot().costNanos).toBe(12_300_000);
    expect(meter.snapshot().costNanos).toBe(0);
    await next.close();
    expect(slots()).toEqual(before);
  });
});

describe('with intercept: false', () => {
  it('nothing is patched, and only meter.fetch is metered', async () => {
    const before = slots();
    const meter = metered.meter({ intercept: false });
    expect(slots()).toEqual(before);
    const init = postInit(CHAT, { reply: { costUsd: 0.0123 } });
    const url = `${metered.eden.baseUrl}/chat/completions`;
    await readAnswer(await fetch(url, init));
    expect(meter.snapshot().calls).toBe(0);
    await readAnswer(await meter.fetch(url, init));
    expect(meter.snapshot()).toMatchObject({ calls: 1, costNanos: 12_300_000 });
  });

  it('a call through its fetch is not counted twice beside a meter that intercepts', async () => {
    const outer = metered.meter();
    const inner = metered.meter({ intercept: false });
    const init = postInit(CHAT, { reply: { costUsd: 0.0123 } });
    await readAnswer(await inner.fetch(`${metered.eden.baseUrl}/chat/completions`, init));
    expect([inner.snapshot().calls, outer.snapshot().calls]).toEqual([1, 0]);
  });
});

describe('another copy of undici', () => {
  const call = async () => {
    const { body, statusCode } = await undici.request(`${metered.eden.baseUrl}/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...standInHeaders({ costUsd: 0.0123 }) },
      body: JSON.stringify(CHAT),
    });
    await body.text();
    return statusCode;
  };
  afterAll(() => undici.getGlobalDispatcher().close());

  it('is metered once it is instrumented, and is itself again after close()', async () => {
    const { prototype } = undici.Agent;
    const slot = () => Object.getOwnPropertyDescriptor(Object.getPrototypeOf(prototype), 'dispatch');
    const before = slot();
    const meter = metered.meter();
    meter.instrument(undici);
    expect(await meter.run({}, async () => [await call(), meter.current()?.totalNanos])).toEqual([200, 12_300_000]);
    await meter.close();
    expect(slot()).toEqual(before);
    expect(await call()).toBe(200);
    expect(meter.snapshot().calls).toBe(1);
  });
});

describe('the environment variable EDEN_COST', () => {
  const denyAll = { budgets: [{ name: 'nothing', limitUsd: 0, window: 'total' as const }], rateCard: false as const };
  const original = process.env.EDEN_COST;
  afterEach(() => {
    if (original === undefined) delete process.env.EDEN_COST;
    else process.env.EDEN_COST = original;
  });

  it('off: nothing is patched, metered, logged or denied', async () => {
    process.env.EDEN_COST = 'off';
    const before = slots();
    const lines: unknown[] = [];
    const meter = metered.meter({ ...denyAll, logger: (line) => lines.push(line) });
    const told = hear(meter);
    expect(slots()).toEqual(before);
    await meter.run({}, async () => {
      expect(await ask({ reply: { costUsd: 0.0123 } })).toBe(200);
      const url = `${metered.eden.baseUrl}/chat/completions`;
      const response = await meter.fetch(url, postInit({ ...CHAT, stream: true }));
      expect((await readAnswer(response)).bytes.toString()).not.toContain('usage');
      expect(meter.current()?.totalNanos).toBe(0);
    });
    expect(metered.eden.requests().at(-1)?.body).not.toHaveProperty('stream_options');
    expect(meter.snapshot()).toMatchObject({ calls: 0, deniedCalls: 0, costNanos: 0 });
    expect(await meter.health()).toMatchObject({ status: 'off', mode: 'off' });
    expect([lines, told.charge, told.denied]).toEqual([[], [], []]);
    expect(await meter.close()).toEqual({ restored: true, unsettled: 0 });
  });

  it('observe: everything is booked and told, and nothing is denied', async () => {
    process.env.EDEN_COST = 'observe';
    const lines: { msg: string }[] = [];
    const meter = metered.meter({ ...denyAll, mode: 'enforce', logger: (line) => lines.push(line) });
    const told = hear(meter);
    expect(await ask({ reply: { costUsd: 0.0123 } })).toBe(200);
    await meter.run({}, async () => {
      await meter.current()?.check();
      expect(await ask({ reply: { costUsd: 0.0123 } })).toBe(200);
      expect(meter.current()).toMatchObject({ totalNanos: 12_300_000, denials: [] });
    });
    expect(told.charge).toHaveLength(2);
    expect(told.denied.filter(({ enforced }) => enforced)).toEqual([]);
    expect(told.denied.length).toBeGreaterThanOrEqual(2);
    expect(told.denied[0]).toMatchObject({ budget: 'nothing', reason: 'spent', enforced: false });
    expect(meter.snapshot()).toMatchObject({ calls: 2, deniedCalls: 0, observedDenials: 2, costNanos: 24_600_000 });
    expect(lines.map(({ msg }) => msg)).toContainEqual(expect.stringContaining('would be denied'));
  });

  it.each(['off', 'observe'])('%s: an Express app with spent budgets answers as without them', async (value) => {
    process.env.EDEN_COST = value;
    const costs = costAware({ ...denyAll, baseUrls: [metered.eden.url], logger: false });
    const app = express()
      .use(costs)
      .get('/', withBudget('nothing'), async (req, res) => {
        res.json([await ask({ reply: { costUsd: 0.0123 } }), req.costs.totalNanos, req.costs.denials.length]);
      });
    const { url } = await serve(app);
    expect(await (await fetch(url)).json()).toEqual([200, value === 'off' ? 0 : 12_300_000, 0]);
    await costs.meter.close();
  });

  it('on: enforces, whatever the options say', async () => {
    process.env.EDEN_COST = 'on';
    const meter = metered.meter({ ...denyAll, mode: 'observe' });
    expect(await ask()).toBe(402);
    expect(meter.snapshot().deniedCalls).toBe(1);
  });

  it('empty: as if it were not set', async () => {
    process.env.EDEN_COST = '';
    metered.meter({ ...denyAll, mode: 'observe' });
    expect(await ask()).toBe(200);
  });

  it.each(['observ', 'no', '0', 'true'])('%s, which it cannot be: the meter does not start', (value) => {
    process.env.EDEN_COST = value;
    const before = slots();
    expect(() => createMeter()).toThrow(OptionsError);
    expect(() => createMeter()).toThrow(/EDEN_COST.*"off", "observe", "on"/);
    expect(slots()).toEqual(before);
  });

  it('OFF, in capitals: as off', async () => {
    process.env.EDEN_COST = ' OFF ';
    const meter = createMeter();
    expect((await meter.health()).mode).toBe('off');
    await meter.close();
  });

  it('is named with the nearest value that it can be', () => {
    process.env.EDEN_COST = 'observ';
    expect(() => createMeter()).toThrow(/did you mean "observe"\?/);
  });
});
