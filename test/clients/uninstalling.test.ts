import { hasSubscribers } from 'node:diagnostics_channel';
import http from 'node:http';
import { createMeter, type MeterOptions } from '@eden-cost/core';
import { type EdenStandIn, startEdenStandIn } from '@eden-cost/testing';
import { CHAT, postInit, readAnswer } from '../support/calls.js';
import { follow } from './http-origins.js';

let eden: EdenStandIn;
let letGo: () => void;
beforeEach(async () => {
  eden = await startEdenStandIn({ costUsd: '0.012345678' });
});
afterEach(() => eden.close());

const NANOS = 12_345_678;

/** Answers are held until `letGo` is called. */
function holdAnswers(): void {
  const hold = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  eden.script({ hold, times: Number.POSITIVE_INFINITY });
}

const meterOf = (options: MeterOptions = {}) => createMeter({ baseUrls: [eden.url], rateCard: false, ...options });

function overHttp(): Promise<number> {
  const request = http.request(`${eden.baseUrl}/chat/completions`, { method: 'POST', agent: false });
  const status = new Promise<number>((resolve) =>
    request.on('response', (response) => resolve(response.statusCode ?? 0)),
  );
  const story = follow(request);
  request.end(JSON.stringify(CHAT));
  return story.then(() => status);
}

async function overFetch(): Promise<number> {
  const response = await fetch(`${eden.baseUrl}/chat/completions`, postInit(CHAT));
  await readAnswer(response);
  return response.status;
}

const CALLS = { 'node:http': overHttp, fetch: overFetch };

const slots = () => [
  Object.getOwnPropertyDescriptor(http.Agent.prototype, 'addRequest'),
  Object.getOwnPropertyDescriptor(http.ClientRequest.prototype, '_storeHeader'),
  Object.getOwnPropertyDescriptor(globalThis, 'fetch'),
];

describe.each(Object.entries(CALLS))('a meter that is closed while calls over %s are in flight', (_name, call) => {
  it('lets them end and settle, and puts back what it had replaced at once', async () => {
    const untouched = slots();
    holdAnswers();
    const meter = meterOf();
    const amounts: number[] = [];
    meter.on('charge', ({ amount }) => amounts.push(amount));
    const calls = [call(), call(), call()];
    await eden.received(3);
    const closing = meter.close();
    expect(slots()).toEqual(untouched);
    letGo();
    expect(await Promise.all(calls)).toEqual([200, 200, 200]);
    expect(await closing).toEqual({ restored: true, unsettled: 0 });
    expect(amounts).toEqual([NANOS, NANOS, NANOS]);
  });

  it('and does not wait for them leaves them alone, and says how many there are', async () => {
    holdAnswers();
    const meter = meterOf();
    const calls = [call(), call()];
    await eden.received(2);
    expect(await meter.close({ timeoutMs: 0 })).toEqual({ restored: true, unsettled: 2 });
    letGo();
    expect(await Promise.all(calls)).toEqual([200, 200]);
  });

  it('does not meter those that come after it, nor does a later meter charge those of before', async () => {
    holdAnswers();
    const first = meterOf();
    const early = call();
    await eden.received(1);
    await first.close({ timeoutMs: 0 });
    const second = meterOf();
    const late = call();
    await eden.received(2);
    letGo();
    expect(await Promise.all([early, late])).toEqual([200, 200]);
    expect(second.snapshot()).toMatchObject({ calls: 1, costNanos: NANOS, callsInFlight: 0 });
    await second.close();
    expect(await call()).toBe(200);
    expect(second.snapshot()).toMatchObject({ calls: 1 });
  });
});

it('a meter that is closed listens on none of the channels that it watched', async () => {
  const CHANNELS = ['undici:request:create', 'http.client.request.start', 'http2.client.stream.created'];
  const watched = () => CHANNELS.map(hasSubscribers);
  const meter = meterOf();
  expect(watched()).toEqual([true, true, true]);
  await meter.close();
  expect(watched()).toEqual([false, false, false]);
});

describe('a package that wraps the same method after us', () => {
  it.each(['addRequest', '_storeHeader'] as const)(
    'of node:http (%s) keeps working when the meter is closed, which passes everything on and says so',
    async (name) => {
      const owner = (name === 'addRequest' ? http.Agent.prototype : http.ClientRequest.prototype) as unknown as Record<
        string,
        (...args: unknown[]) => unknown
      >;
      const bare = owner[name] as (...args: unknown[]) => unknown;
      const meter = meterOf();
      const ours = owner[name] as (...args: unknown[]) => unknown;
      let wrapped = 0;
      owner[name] = function wrapper(this: unknown, ...args) {
        wrapped += 1;
        return ours.apply(this, args);
      };
      try {
        expect(await overHttp()).toBe(200);
        expect(meter.snapshot()).toMatchObject({ calls: 1, costNanos: NANOS });
        expect(await meter.close()).toEqual({ restored: false, unsettled: 0 });
        expect(await overHttp()).toBe(200);
        expect(wrapped).toBe(2);
        expect(meter.snapshot()).toMatchObject({ calls: 1 });
      } finally {
        owner[name] = bare;
      }
    },
  );
});

it('a fetch that the app captured is metered once by the meter that there is, and by none when there is none', async () => {
  const first = meterOf();
  const captured = globalThis.fetch;
  const ask = async () => {
    const response = await captured(`${eden.baseUrl}/chat/completions`, postInit(CHAT));
    await readAnswer(response);
    return response.status;
  };
  expect(await ask()).toBe(200);
  await first.close();
  expect(globalThis.fetch).not.toBe(captured);
  expect(await ask()).toBe(200);
  const second = meterOf();
  expect(await ask()).toBe(200);
  expect(first.snapshot()).toMatchObject({ calls: 1, costNanos: NANOS });
  expect(second.snapshot()).toMatchObject({ calls: 1, costNanos: NANOS });
  await second.close();
});
