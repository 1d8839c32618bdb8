import type http from 'node:http';
import { createRequire } from 'node:module';
import { text } from 'node:stream/consumers';
import type { Meter } from '@eden-cost/core';
import { standInHeaders, startEdenStandIn } from '@eden-cost/testing';
import { report } from '../../support/report.js';
import { neighbours } from './all-neighbours.js';
import type { NeighbourName } from './neighbour.js';

/** What this program prints. */
export interface NeighbourRun {
  /** For each way to call: what its scope was charged, and what the call came to. */
  readonly calls: Readonly<Record<string, { readonly charged: readonly number[]; readonly answer: string }>>;
  readonly seen: number;
  readonly booked: readonly number[];
  readonly unmetered: number;
  readonly closed: unknown;
  /** After the meter was closed. */
  readonly later: { readonly answers: readonly string[]; readonly calls: number };
}

const require = createRequire(import.meta.url);
const [name, when] = process.argv.slice(2) as [NeighbourName, 'before' | 'after'];
const eden = await startEdenStandIn();
const load = neighbours(eden.url)[name];

const early = when === 'before' ? await load() : undefined;
await early?.install();
const { createMeter } = await import('@eden-cost/core');
const meter = createMeter({
  baseUrls: [eden.url],
  rateCard: false,
  budgets: [{ name: 'all', limitUsd: 1, window: 'day' }],
});
let unmetered = 0;
meter.on('unmetered', () => unmetered++);
const neighbour = early ?? (await load());
if (early === undefined) await neighbour.install();

const CHAT = { model: 'openai/gpt-4o', messages: [] };
let serial = 0;

interface Options {
  readonly path?: string;
  readonly stream?: boolean;
  readonly status?: number;
}

function prepared({ path = '/v3/chat/completions', stream, status }: Options) {
  serial += 1;
  const reply = { costUsd: `0.00000${serial}`, ...(status && { status }) };
  const headers = { ...standInHeaders(reply), 'content-type': 'application/json' };
  return { url: eden.url + path, headers, body: JSON.stringify({ ...CHAT, ...(stream && { stream }) }) };
}

async function overFetch(options: Options): Promise<string> {
  const { url, ...init } = prepared(options);
  const answer = await fetch(url, { method: 'POST', ...init });
  return `${answer.status} ${(await answer.text()).includes('usage') ? 'with usage' : 'without usage'}`;
}

function overHttp(options: Options): Promise<string> {
  const { url, headers, body } = prepared(options);
  const { request } = require('node:http') as typeof http;
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: 'POST', headers }, async (response) => {
      const whole = await text(response);
      resolve(`${response.statusCode} ${whole.includes('usage') ? 'with usage' : 'without usage'}`);
    });
    sent.on('error', reject).end(body);
  });
}

const WAYS: Record<string, () => Promise<string>> = {
  fetch: () => overFetch({}),
  'fetch, streamed': () => overFetch({ stream: true }),
  'fetch, failing': () => overFetch({ status: 500 }),
  'node:http': () => overHttp({}),
  'node:http, streamed': () => overHttp({ stream: true }),
  'node:http, failing': () => overHttp({ status: 500 }),
  ...(name.startsWith('nock') && {
    'fetch, mocked': () => overFetch({ path: '/v3/mocked' }),
    'node:http, mocked': () => overHttp({ path: '/v3/mocked' }),
  }),
};

const around = neighbour.around ?? ((work: () => Promise<string>) => work());
const calls: Record<string, { charged: number[]; answer: string }> = {};
for (const [way, call] of Object.entries(WAYS)) {
  calls[way] = await (meter as Meter).run({}, async () => {
    const answer = await around(call);
    return { answer, charged: (meter.current()?.charges ?? []).map(({ amount }) => amount) };
  });
}
const booked = eden.books().charges.map(({ nanos }) => nanos);
const seen = await neighbour.seen();
const closed = await meter.close();
const later = { answers: [await overFetch({}), await overHttp({})], calls: meter.snapshot().calls };
await neighbour.uninstall?.();
const run: NeighbourRun = { calls, seen, booked, unmetered, closed, later };
report(run);
