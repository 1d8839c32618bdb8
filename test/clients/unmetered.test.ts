import http from 'node:http';
import { join } from 'node:path';
import type { Meter, MeterEvents } from '@eden-cost/core';
import * as undici from 'undici';
import { CHAT, postInit } from '../support/calls.js';
import { useMeteredEden } from '../support/meter.js';
import { useProgram } from './use-program.js';
import { useResult } from './use-result.js';
import type { WatchRun } from './watch-process.js';

const metered = useMeteredEden({ costUsd: '0.012345678' });

const NANOS = 12_345_678;

/** Jest loads packages by itself: to the meter, the undici of a test file is a copy that was bundled. */
async function bundledCall(path = '/chat/completions', method: 'GET' | 'POST' = 'POST'): Promise<number> {
  const body = method === 'POST' ? { body: JSON.stringify(CHAT) } : {};
  const answer = await undici.request(metered.eden.baseUrl + path, { method, ...body });
  await answer.body.text();
  return answer.statusCode;
}

function watched(): { meter: Meter; told: MeterEvents['unmetered'][] } {
  const meter = metered.meter({ rateCard: false });
  const told: MeterEvents['unmetered'][] = [];
  meter.on('unmetered', (call) => told.push(call));
  return { meter, told };
}

describe('a call over a copy of undici that the meter does not know', () => {
  it('is told once for each place that makes it, with what to do', async () => {
    const { meter, told } = watched();
    for (let call = 0; call < 5; call++) expect(await bundledCall()).toBe(200);
    expect(told).toEqual([
      {
        origin: metered.eden.url,
        path: '/v3/chat/completions',
        reason: expect.stringContaining('undici'),
        fix: expect.stringMatching(/meter\.instrument\(await import\('undici'\)\).*meter\.fetch/),
      },
    ]);
    const elsewhere = await undici.request(`${metered.eden.baseUrl}/responses?key=secret`, {
      method: 'POST',
      body: '{}',
    });
    await elsewhere.body.text();
    expect(told).toHaveLength(2);
    expect(told[1]?.path).toBe('/v3/responses');
    const again = await undici.request(`${metered.eden.baseUrl}/responses`, { method: 'POST', body: '{}' });
    await again.body.text();
    expect(told).toHaveLength(3);
    expect(meter.snapshot()).toMatchObject({ calls: 0, costNanos: 0 });
  });

  it('is metered once the copy is shown to the meter, and told no more', async () => {
    const { meter, told } = watched();
    meter.instrument(undici);
    await meter.run({}, async () => {
      expect(await bundledCall()).toBe(200);
      expect(meter.current()?.totalNanos).toBe(NANOS);
    });
    expect(told).toEqual([]);
  });

  it('is metered over meter.fetch, whatever copy makes the rest', async () => {
    const { meter, told } = watched();
    await meter.run({}, async () => {
      await (await meter.fetch(`${metered.eden.baseUrl}/chat/completions`, postInit(CHAT))).text();
      expect(meter.current()?.totalNanos).toBe(NANOS);
    });
    expect(told).toEqual([]);
  });

  it('is not told of when it is free, or goes elsewhere', async () => {
    const { told } = watched();
    expect(await bundledCall('/models', 'GET')).toBe(200);
    const elsewhere = metered.eden.url.replace('127.0.0.1', 'localhost');
    await (await undici.request(`${elsewhere}/v3/models`)).body.text();
    expect(told).toEqual([]);
  });

  it('does no harm to calls that are metered: none of them is told of', async () => {
    const { meter, told } = watched();
    await Promise.all([
      ...Array.from({ length: 20 }, () => fetch(`${metered.eden.baseUrl}/chat/completions`, postInit(CHAT))),
      ...Array.from({ length: 20 }, () => viaHttp()),
    ]);
    expect(told).toEqual([]);
    expect(meter.snapshot().calls + meter.snapshot().callsInFlight).toBe(40);
  });

  it('over undici that is shown wrongly is a mistake that says what is meant', () => {
    const { meter } = watched();
    for (const wrong of [undefined, {}, undici.request, { Agent: 1 }]) {
      expect(() => meter.instrument(wrong)).toThrow(/meter\.instrument\(await import\('undici'\)\)/);
    }
  });
});

function viaHttp(): Promise<number> {
  return new Promise((resolve, reject) => {
    const options = { method: 'POST', agent: new http.Agent() };
    const request = http.request(`${metered.eden.baseUrl}/chat/completions`, options, (response) => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0));
    });
    request.on('error', reject).end(JSON.stringify(CHAT));
  });
}

describe('a package that replaced the methods of node:http that the meter watches', () => {
  it('has its calls told of, with what to do', async () => {
    const prototype = http.Agent.prototype as unknown as Record<string, unknown>;
    const original = prototype.addRequest;
    const { meter, told } = watched();
    const ours = prototype.addRequest;
    prototype.addRequest = original;
    try {
      expect(await viaHttp()).toBe(200);
      expect(await viaHttp()).toBe(200);
    } finally {
      prototype.addRequest = ours;
    }
    expect(told).toEqual([
      {
        origin: metered.eden.url,
        path: '/v3/chat/completions',
        reason: expect.stringContaining('node:http'),
        fix: expect.stringContaining('meter.fetch'),
      },
    ]);
    expect(meter.snapshot()).toMatchObject({ calls: 0 });
    expect(await viaHttp()).toBe(200);
    expect(meter.snapshot()).toMatchObject({ calls: 1 });
  });
});

describe('copies of undici outside of Jest', () => {
  const copies = useProgram('copies');
  const all = [true, true, true];

  it('that are loaded before the meter, or after it, are metered from their first call in a scope', () => {
    const { early, late } = copies.result;
    expect(early).toEqual({ charged: all, unmetered: [] });
    expect(late).toEqual({ charged: all, unmetered: [] });
  });

  it('that are loaded after the first calls are told of once, and metered from then on', () => {
    expect(copies.result.later).toEqual({ charged: [false, true, true], unmetered: [expect.anything()] });
  });

  it('that are bundled are told of once, and metered when they are shown to the meter', () => {
    const { bundled, instrumented, requests } = copies.result;
    expect(bundled.charged).toEqual([false, false, false]);
    expect(bundled.unmetered).toEqual([expect.objectContaining({ fix: expect.stringContaining('meter.instrument') })]);
    expect(instrumented).toEqual({ charged: [false, true, true], unmetered: [] });
    expect(requests).toBe(15);
  });
});

describe('what else is told on the channels that the meter watches', () => {
  const run = useResult<WatchRun>(join(__dirname, 'watch-process.ts'));

  it('ends no process, however it is made', () => {
    expect(run.result).toEqual({ uncaught: [], published: 12, status: 200, calls: 1, unmetered: 0 });
  });
});
