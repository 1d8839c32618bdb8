import { channel } from 'node:diagnostics_channel';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createMeter } from '@eden-cost/core';
import { startEdenStandIn } from '@eden-cost/testing';
import { report } from '../support/report.js';

/** What this program prints. */
export interface WatchRun {
  /** Node raises what a subscriber throws where nobody can catch it. */
  readonly uncaught: readonly string[];
  readonly published: number;
  readonly status: number;
  readonly calls: number;
  readonly unmetered: number;
}

const uncaught: string[] = [];
process.on('uncaughtException', (error) => uncaught.push(error.message));
const eden = await startEdenStandIn();
const meter = createMeter({ baseUrls: [eden.url], rateCard: false });
let unmetered = 0;
meter.on('unmetered', () => unmetered++);

const broken = {
  get request(): never {
    throw new Error('broken');
  },
  get headers(): never {
    throw new Error('broken');
  },
};
const MESSAGES = [undefined, {}, { request: {}, headers: { ':path': 7 } }, broken];

let published = 0;
for (const name of ['undici:request:create', 'http.client.request.start', 'http2.client.stream.created']) {
  for (const message of MESSAGES) {
    channel(name).publish(message);
    published += 1;
  }
}
const headers = { 'content-type': 'application/json' };
const body = JSON.stringify({ model: 'openai/gpt-4o', messages: [] });
const answer = await fetch(`${eden.baseUrl}/chat/completions`, { method: 'POST', headers, body });
await answer.text();
await nextTurn();
const run: WatchRun = { uncaught, published, status: answer.status, calls: meter.snapshot().calls, unmetered };
report(run);
