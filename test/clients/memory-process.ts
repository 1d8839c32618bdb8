import http, { type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createMeter } from '@eden-cost/core';
import { report } from '../support/report.js';

/** What this program prints: bytes of memory in use, on the heap and in buffers. */
export interface MemoryRun {
  /** Before any stream, with connections and code warm. */
  readonly before: number;
  /** While all streams are open, after a few events of each. */
  readonly early: number;
  /** After many more events of each. */
  readonly late: number;
  /** When all have ended. */
  readonly after: number;
  readonly calls: number;
  readonly costNanos: number;
  readonly callsInFlight: number;
}

const STREAMS = 1_000;
const WARM = 200;
const EARLY = 5;
const LATE = 40;

const open: ServerResponse[] = [];
const server = http.createServer((request, response) => {
  request.resume().on('end', () => {
    response.writeHead(200, { 'content-type': 'text/event-stream', connection: 'close' }).flushHeaders();
    open.push(response);
  });
});
await new Promise<void>((resolve) => server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, resolve));
const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
const url = `${origin}/v3/chat/completions`;
const meter = createMeter({
  baseUrls: [origin],
  rateCard: false,
  budgets: [{ name: 'all', limitUsd: 1e6, window: 'day' }],
});

const body = JSON.stringify({ model: 'openai/gpt-4o', messages: [], stream: true });
const headers = { 'content-type': 'application/json' };
let events = 0;

async function overFetch(): Promise<void> {
  const { body: answer } = await fetch(url, { method: 'POST', headers, body });
  for await (const _chunk of answer ?? []) events += 1;
}

const overHttp = (): Promise<void> =>
  new Promise((resolve, reject) => {
    const request = http.request(url, { method: 'POST', headers }, (response) => {
      response.on('data', () => {
        events += 1;
      });
      response.on('end', resolve);
    });
    request.on('error', reject).end(body);
  });

const chunk = (delta: object, finish_reason: string | null = null) =>
  `data: ${JSON.stringify({ id: 'chatcmpl-1', object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason }] })}\n\n`;
const TEXT = chunk({ content: 'a word of an answer '.repeat(5) });
const LAST = `${chunk({}, 'stop')}data: {"choices":[],"usage":{"prompt_tokens":1},"cost":0.001}\n\ndata: [DONE]\n\n`;

async function until(happened: () => boolean): Promise<void> {
  while (!happened()) await nextTurn();
}

async function rounds(count: number): Promise<void> {
  for (let round = 0; round < count; round++) {
    const wanted = events + open.length;
    for (const response of open) response.write(TEXT);
    await until(() => events >= wanted);
  }
}

async function memoryUsed(): Promise<number> {
  for (let turn = 0; turn < 5; turn++) {
    globalThis.gc?.();
    await nextTurn();
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

async function all(count: number, each: (streams: Promise<void>) => Promise<void>): Promise<void> {
  const streams = Array.from({ length: count }, (_, index) => (index % 2 === 0 ? overFetch() : overHttp()));
  await until(() => open.length === count);
  await each(Promise.all(streams).then(() => {}));
  open.length = 0;
}

const end = async (streams: Promise<void>): Promise<void> => {
  for (const response of open) response.end(LAST);
  await streams;
};

await all(WARM, async (streams) => {
  await rounds(EARLY);
  await end(streams);
});
const before = await memoryUsed();
let early = 0;
let late = 0;
await all(STREAMS, async (streams) => {
  await rounds(EARLY);
  early = await memoryUsed();
  await rounds(LATE);
  late = await memoryUsed();
  await end(streams);
});
const after = await memoryUsed();
const { calls, costNanos, callsInFlight } = meter.snapshot();
const run: MemoryRun = { before, early, late, after, calls, costNanos, callsInFlight };
report(run);
