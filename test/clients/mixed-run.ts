import type { CostScope } from '@eden-cost/core';
import { between, seededRandom } from '../support/random.js';
import { CLIENT_NAMES, type ClientName, WRITTEN_AHEAD } from './client.js';
import { ENDPOINTS, RATE_CARD } from './endpoints.js';
import { makeCall } from './make-call.js';
import type { Setting } from './program.js';

const REQUESTS = 200;

/** What one request was to be charged, and what it was. */
export interface RequestRun {
  readonly planned: readonly number[];
  readonly charged: readonly number[];
  readonly totalNanos: number;
}

export interface MixedRun {
  readonly requests: readonly RequestRun[];
  readonly booked: readonly number[];
  readonly unattributedNanos: number;
  readonly callsInFlight: number;
  readonly clients: number;
}

/** 200 requests at once, each with one to five calls over any client to any endpoint that says what it costs. */
export async function mixedRun(setting: Setting): Promise<MixedRun> {
  const { eden, core, secureOrigin, clients } = setting;
  const meter = core.createMeter({
    baseUrls: [eden.url, secureOrigin],
    rateCard: RATE_CARD,
    budgets: [{ name: 'all', limitUsd: 1e6, window: 'day' }],
  });
  const built = [clients.before(), clients.after()] as const;
  const random = seededRandom(3);
  const used = new Set<ClientName>();

  const request = (): Promise<RequestRun> => {
    const calls = Array.from({ length: between(random, 1, 5) }, () => {
      const name = CLIENT_NAMES[between(random, 0, CLIENT_NAMES.length - 1)] as ClientName;
      used.add(name);
      const told = ENDPOINTS.filter(
        ({ charge, unasked }) =>
          charge !== 'none' && charge.basis === 'reported' && !(unasked !== undefined && WRITTEN_AHEAD.has(name)),
      );
      const endpoint = told[between(random, 0, told.length - 1)] as (typeof told)[number];
      const client = (built[between(random, 0, 1)] as (typeof built)[number])[name];
      return { client, endpoint, nanos: between(random, 1, 30_000_000) };
    });
    return meter.run({}, async () => {
      const scope = meter.current() as CostScope;
      await Promise.all(
        calls.map(({ client, endpoint, nanos }) => makeCall(setting, client, endpoint, core.formatUsd(nanos))),
      );
      return {
        planned: calls.map(({ nanos }) => nanos),
        charged: scope.charges.map(({ amount }) => amount),
        totalNanos: scope.totalNanos,
      };
    });
  };

  const requests = await Promise.all(Array.from({ length: REQUESTS }, request));
  const { unattributedNanos, callsInFlight } = meter.snapshot();
  await meter.close();
  const booked = eden.books().charges.map(({ nanos }) => nanos);
  return { requests, booked, unattributedNanos, callsInFlight, clients: used.size };
}
