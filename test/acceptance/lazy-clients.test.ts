import type { CostScope, Meter } from '@eden-cost/core';
import superagent from 'superagent';
import { CHAT } from '../support/calls.js';
import { hear, useMeteredEden } from '../support/meter.js';

const metered = useMeteredEden();

/** superagent sends when its `then` is called. */
const ask = () => superagent.post(`${metered.eden.baseUrl}/chat/completions`).send(CHAT);

/** What a query builder does: each `then` sends anew. */
const askAnew = (): PromiseLike<number> => ({
  // biome-ignore lint/suspicious/noThenProperty: a thenable is what is tested
  then: (fulfilled, rejected) => fetched().then(fulfilled, rejected),
});

async function fetched(): Promise<number> {
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify(CHAT);
  const response = await fetch(`${metered.eden.baseUrl}/chat/completions`, { method: 'POST', headers, body });
  await response.arrayBuffer();
  return response.status;
}

const BUDGETS = [{ name: 'tenant', limitUsd: 1, window: 'total', by: 'tenant' }] as const;
const labels = { tenant: 'a' };
const meterOf = (): Meter => metered.meter({ budgets: [...BUDGETS], rateCard: false });

const sent = () => metered.eden.books().requests;

describe.each([
  ['superagent', ask],
  ['a thenable that sends at each then', askAnew],
])('a call that leaves when its answer is asked for: %s', (_name, call: () => PromiseLike<unknown>) => {
  it('is inside meter.run() that hands it over, and is sent once', async () => {
    const meter = meterOf();
    const { charge: charges } = hear(meter);
    await meter.run({ labels }, () => call());
    await meter.run({ labels }, async () => call());
    expect(charges).toMatchObject([
      { labels, budgets: ['tenant'] },
      { labels, budgets: ['tenant'] },
    ]);
    expect(sent()).toBe(2);
    expect(meter.snapshot().unattributedNanos).toBe(0);
  });

  it('is inside costs.run(), however late and often its answer is asked for, and is sent once', async () => {
    const meter = meterOf();
    const { charge: charges } = hear(meter);
    let scope: CostScope | undefined;
    const handed = meter.run({ labels }, () => {
      scope = meter.current();
      return { later: scope?.run(() => call()) };
    });
    expect(sent()).toBe(0);
    await handed.later;
    await handed.later;
    expect(charges).toMatchObject([{ labels }]);
    expect(scope?.charges).toHaveLength(1);
    expect(sent()).toBe(1);
  });

  it('is inside the scope that meter.bind() keeps', async () => {
    const meter = meterOf();
    const { charge: charges } = hear(meter);
    const { bound } = meter.run({ labels }, () => ({ bound: meter.bind(() => call()) }));
    await meter.run({ labels: { tenant: 'another' } }, () => bound());
    expect(charges).toMatchObject([{ labels }]);
  });
});

test('what meter.run() hands over is the very request: it can still be used as one', async () => {
  const meter = meterOf();
  const request = ask();
  const handed = meter.run({ labels }, () => request);
  expect(handed).toBe(request);
  const statuses = [(await handed).status, await handed.then(({ status }) => status)];
  expect(statuses).toEqual([200, 200]);
  expect(sent()).toBe(1);
});

test('the code that goes on after it is back in its own scope', async () => {
  const meter = meterOf();
  await meter.run({ labels: { tenant: 'outer' } }, async () => {
    const outer = meter.current();
    await meter.run({ labels }, () => ask()).then(() => expect(meter.current()).toBe(outer));
    expect(meter.current()).toBe(outer);
  });
});
