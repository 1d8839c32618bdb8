import http, { type RequestOptions } from 'node:http';
import net from 'node:net';
import { type Ledger, memoryLedger } from '@eden-cost/core';
import { turnsUntil } from '../support/turns.js';
import { answerCost } from './http-origins.js';
import { COPIES, useUndiciOrigins } from './undici-origins.js';

const origins = useUndiciOrigins();

const PATH = '/v3/brand/new';
const POST = { method: 'POST', body: '{}' } as const;

/** A ledger as one over a network is: it has reserved before its answer is here. */
function slowLedger() {
  const ledger: Ledger = memoryLedger();
  const { reserve } = ledger;
  let letGo = () => {};
  const answered = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  let asked = 0;
  const slow: Ledger = Object.assign(ledger, {
    reserveOrWait: undefined,
    reserve: async (request: Parameters<typeof reserve>[0]) => {
      asked += 1;
      await answered;
      return reserve.call(ledger, request);
    },
  });
  return { ledger: slow, letGo, asked: () => asked };
}

/** Makes a call, which a signal ends. */
type Call = (url: string, signal: AbortSignal) => Promise<unknown>;

const overHttp =
  (optionsOf: (url: string) => RequestOptions): Call =>
  (url, signal) =>
    new Promise((resolve, reject) => {
      const request = http.request(url, { method: 'POST', signal, ...optionsOf(url) }, resolve);
      request.on('error', reject).end('{}');
    });

const CALLS: Record<string, Call> = {
  fetch: (url, signal) => fetch(url, { ...POST, signal }),
  ...Object.fromEntries(
    COPIES.map(([name, undici]) => [
      `${name}'s request`,
      (url: string, signal: AbortSignal) => undici.request(url, { ...POST, signal }),
    ]),
  ),
  'node:http': overHttp(() => ({ agent: false })),
  'node:http, by a connection of its own': overHttp((url) => ({
    createConnection: () => net.connect(Number(new URL(url).port), '127.0.0.1'),
  })),
};

it.each(Object.entries(CALLS))(
  'a call over %s that is admitted after it was aborted is not sent, holds nothing, and is no charge',
  async (_name, call) => {
    let arrivals = 0;
    const { ledger, letGo, asked } = slowLedger();
    const { metered, meter } = await origins(
      (_request, response) => {
        arrivals += 1;
        answerCost(response);
      },
      { budgets: [{ name: 'all', limitUsd: 1, window: 'total' }], ledger },
    );
    const controller = new AbortController();
    const ended = call(metered + PATH, controller.signal).catch((error: Error) => error.name);
    await turnsUntil(() => asked() === 1);
    controller.abort();
    expect(await ended).toBe('AbortError');
    letGo();
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(arrivals).toBe(0);
    expect(meter.snapshot()).toMatchObject({ costNanos: 0, callsInFlight: 0 });
    expect(await meter.remaining()).toMatchObject([{ heldUsd: 0, remainingUsd: 1 }]);
  },
);
