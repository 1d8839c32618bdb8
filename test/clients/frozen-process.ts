import http, { type RequestOptions } from 'node:http';
import { createRequire } from 'node:module';
import { text } from 'node:stream/consumers';
import type { Meter } from '@eden-cost/core';
import { standInHeaders, startEdenStandIn } from '@eden-cost/testing';
import { report } from '../support/report.js';

/** What this program prints. */
export interface FrozenRun {
  /** For each way to call: the status, or the error that the app gets, and what its scope was charged in nano-USD. */
  readonly calls: Readonly<Record<string, readonly [outcome: number | string, nanos: number]>>;
  readonly unmetered: readonly { readonly reason: string; readonly fix: string }[];
  readonly warnings: readonly string[];
  readonly restored: boolean;
  /** After the meter was closed. */
  readonly later: readonly (number | string)[];
}

const require = createRequire(import.meta.url);
const [what, when] = process.argv.slice(2) as [string, 'before' | 'after'];

const warnings: string[] = [];
process.on('warning', (warning) => {
  if (warning.name === 'EdenCostWarning') warnings.push(`${(warning as { code?: string }).code}: ${warning.message}`);
});
const eden = await startEdenStandIn({ costUsd: '0.001' });

/** The prototype that the runtime's dispatchers inherit from. */
function dispatcherPrototype(): object {
  void Response;
  const slots = globalThis as unknown as Record<symbol, object | undefined>;
  let base = slots[Symbol.for('undici.globalDispatcher.2')] ?? slots[Symbol.for('undici.globalDispatcher.1')];
  while (base && !Object.hasOwn(base, 'destroyed')) base = Object.getPrototypeOf(base) as object;
  return base as object;
}

const FREEZE: Record<string, () => void> = {
  nothing: () => {},
  fetch: () => {
    const { fetch } = globalThis;
    Object.defineProperty(globalThis, 'fetch', { value: fetch, writable: false, configurable: false });
    Object.freeze(fetch);
  },
  modules: () => ['node:http', 'node:https'].forEach((id) => void Object.freeze(require(id))),
  'node:http': () => {
    for (const { prototype } of [http.Agent, http.ClientRequest, http.OutgoingMessage, http.IncomingMessage]) {
      Object.freeze(prototype);
    }
  },
  // undici itself would not work with a prototype that is frozen
  undici: () => void Object.defineProperty(dispatcherPrototype(), 'dispatch', { writable: false, configurable: false }),
};

const CHAT = { model: 'openai/gpt-4o', messages: [] };
const init = (stream: boolean, headers: Record<string, string> = {}) => ({
  method: 'POST',
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify({ ...CHAT, ...(stream && { stream }) }),
});

async function overFetch(fetch: typeof globalThis.fetch, stream: boolean, headers?: Record<string, string>) {
  const answer = await fetch(`${eden.baseUrl}/chat/completions`, init(stream, headers));
  await answer.text();
  return answer.status;
}

function overHttp(stream: boolean, options: RequestOptions = {}): Promise<number> {
  const { body, ...rest } = init(stream);
  return new Promise((resolve, reject) => {
    const request = http.request(`${eden.baseUrl}/chat/completions`, { ...rest, ...options }, async (response) => {
      await text(response);
      resolve(response.statusCode ?? 0);
    });
    request.on('error', reject).end(body);
  });
}

/** An agent with an `addRequest` of its own. */
class OwnAgent extends http.Agent {
  addRequest(...args: unknown[]): void {
    const common = (http.Agent.prototype as unknown as { addRequest: (...args: unknown[]) => void }).addRequest;
    common.apply(this, args);
  }
}

if (when === 'before') FREEZE[what]?.();
const { createMeter } = await import('@eden-cost/core');
const meter: Meter = createMeter({ baseUrls: [eden.url], rateCard: false, circuit: false });
const unmetered: { reason: string; fix: string }[] = [];
meter.on('unmetered', ({ reason, fix }) => unmetered.push({ reason, fix }));
if (when === 'after') FREEZE[what]?.();

const CALLS: Record<string, () => Promise<number>> = {
  fetch: () => overFetch(globalThis.fetch, false),
  'fetch, streamed': () => overFetch(globalThis.fetch, true),
  'fetch, not paid for': () => overFetch(globalThis.fetch, false, standInHeaders({ status: 402 })),
  'meter.fetch': () => overFetch(meter.fetch, false),
  'node:http': () => overHttp(false),
  'node:http, streamed': () => overHttp(true),
  'node:http, own agent': () => overHttp(false, { agent: new OwnAgent() }),
};

const calls: Record<string, [number | string, number]> = {};
const outcomeOf = (call: () => Promise<number>) => call().catch((error: Error) => error.name);
for (const [name, call] of Object.entries(CALLS)) {
  calls[name] = await meter.run({}, async () => {
    const outcome = await outcomeOf(call);
    return [outcome, meter.current()?.totalNanos ?? 0];
  });
}
const { restored } = await meter.close();
const later = [await outcomeOf(() => overFetch(globalThis.fetch, false)), await outcomeOf(() => overHttp(false))];
const run: FrozenRun = { calls, unmetered, warnings, restored, later };
report(run);
