import http, { type ServerResponse } from 'node:http';
import { type Ledger, type MeterOptions, memoryLedger } from '@eden-cost/core';
import { manualClock } from '@eden-cost/testing';
import undici from 'undici';
import { turnsUntil } from '../support/turns.js';
import { answerCost, COST_NANOS, follow } from './http-origins.js';
import { useUndiciOrigins } from './undici-origins.js';

const origins = useUndiciOrigins();

const TIGHT: MeterOptions = { budgets: [{ name: 'all', limitUsd: 0.05, window: 'total', estimateUsd: 0.05 }] };
const POST = { method: 'POST', body: '{}' } as const;

const statusOf = async (request: http.ClientRequest): Promise<number> =>
  Number(/response (\d+)/.exec((await follow(request)).events.join('\n'))?.[1]);

const begin = (url: string) => http.request(url, { method: 'POST', agent: false });

const CLIENTS: Record<string, (url: string) => Promise<number>> = {
  fetch: async (url) => {
    const answer = await fetch(url, POST);
    await answer.text();
    return answer.status;
  },
  'undici.request': async (url) => {
    const { statusCode, body } = await undici.request(url, POST);
    await body.text();
    return statusCode;
  },
  'node:http': (url) => {
    const request = begin(url);
    const status = statusOf(request);
    request.end('{}');
    return status;
  },
};

/** Leaves what arrives without an answer. */
async function silent(options?: MeterOptions) {
  const arrived: ServerResponse[] = [];
  const { metered, meter } = await origins((_request, response) => void arrived.push(response), options);
  return { url: `${metered}/v3/brand/new`, meter, arrived };
}

describe.each(Object.entries(CLIENTS))('a call that is held over %s while the meter closes', (_name, call) => {
  const holding = async () => {
    const clock = manualClock();
    const there = await silent({ ...TIGHT, clock });
    const first = call(there.url);
    await turnsUntil(() => there.arrived.length === 1);
    const quiet = clock.pending;
    const second = call(there.url);
    await turnsUntil(() => clock.pending > quiet);
    const closing = there.meter.close();
    return { ...there, clock, first, second, closing };
  };

  it('is let in when there is room, sent, answered and booked', async () => {
    const { arrived, clock, first, second, closing, meter } = await holding();
    answerCost(arrived[0] as ServerResponse, 0);
    await turnsUntil(() => arrived.length === 2);
    answerCost(arrived[1] as ServerResponse);
    expect(await Promise.all([first, second])).toEqual([200, 200]);
    expect(await closing).toEqual({ restored: true, unsettled: 0 });
    expect(meter.snapshot()).toMatchObject({ calls: 2, costNanos: COST_NANOS, callsInFlight: 0 });
    expect(clock.pending).toBe(0);
  });

  it('is denied when there will be none, and not sent', async () => {
    const { arrived, clock, first, second, closing, meter } = await holding();
    answerCost(arrived[0] as ServerResponse, 0.05);
    expect(await Promise.all([first, second])).toEqual([200, 402]);
    expect(await closing).toEqual({ restored: true, unsettled: 0 });
    expect(arrived).toHaveLength(1);
    expect(meter.snapshot()).toMatchObject({ calls: 1, deniedCalls: 1, callsInFlight: 0 });
    expect(clock.pending).toBe(0);
  });
});

describe('a call over node:http whose body has begun when the meter closes', () => {
  const begun = async (options?: MeterOptions) => {
    const { url, meter, arrived } = await silent(options);
    const request = begin(url);
    const status = statusOf(request);
    request.write('{"model":');
    const end = async () => {
      request.end('"any"}');
      await turnsUntil(() => arrived.length > 0);
      answerCost(arrived.at(-1) as ServerResponse);
      return status;
    };
    return { url, meter, arrived, end };
  };

  it('is sent and booked while others are waited for', async () => {
    const { url, meter, arrived, end } = await begun();
    const first = CLIENTS.fetch?.(url);
    await turnsUntil(() => arrived.length === 1);
    const [other] = arrived.splice(0);
    const closing = meter.close();
    expect(await end()).toBe(200);
    answerCost(other as ServerResponse);
    expect([await first, await closing]).toEqual([200, { restored: true, unsettled: 0 }]);
    expect(meter.snapshot()).toMatchObject({ calls: 2, costNanos: 2 * COST_NANOS });
  });

  it('is sent as it is once the meter has closed: no ledger is left to refuse it', async () => {
    const { meter, end } = await begun({
      budgets: [{ name: 'all', limitUsd: 1, window: 'total', onLedgerError: 'refuse' }],
      ledger: closableLedger(),
    });
    expect(await meter.close()).toEqual({ restored: true, unsettled: 0 });
    expect(await end()).toBe(200);
    expect(meter.snapshot()).toMatchObject({ calls: 0, deniedCalls: 0 });
  });
});

/** Refuses to be asked once it is closed, as one in a file does. */
function closableLedger(): Ledger {
  const ledger = memoryLedger();
  const { reserveOrWait, close } = ledger;
  let isClosed = false;
  return Object.assign(ledger, {
    reserveOrWait: (...args: Parameters<typeof reserveOrWait>) => {
      if (isClosed) throw new Error('the ledger was closed');
      return reserveOrWait.apply(ledger, args);
    },
    close: () => {
      isClosed = true;
      return close.call(ledger);
    },
  });
}
