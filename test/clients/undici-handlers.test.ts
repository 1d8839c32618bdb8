import { randomBytes } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { gzipSync } from 'node:zlib';
import type { CostScope } from '@eden-cost/core';
import type { Dispatcher } from 'undici';
import { turnsUntil } from '../support/turns.js';
import { answerCost } from './http-origins.js';
import { COPIES, useUndiciOrigins } from './undici-origins.js';

const origins = useUndiciOrigins();

const PATH = '/v3/brand/new';
const CALL = { path: PATH, method: 'POST' as const, body: '{}' };
const ROOMY = { budgets: [{ name: 'all', limitUsd: 1, window: 'total' as const }] };

/** What a handler is told; `ended` with an error where there is one. */
interface Hears {
  connected?(abort: (reason: Error) => void): void;
  ended(error?: unknown): void;
}

/** Handlers of both shapes; undici 6 knows the first alone. */
const SHAPES: Record<string, (hears: Hears) => Dispatcher.DispatchHandler> = {
  'with onConnect': ({ connected, ended }) => ({
    onConnect: (abort) => connected?.(abort as (reason: Error) => void),
    onHeaders: () => true,
    onData: () => true,
    onComplete: () => ended(),
    onError: (error) => ended(error),
  }),
  'with onRequestStart': ({ connected, ended }) => ({
    onRequestStart: (controller) => connected?.((reason) => controller.abort(reason)),
    onResponseStart: () => {},
    onResponseData: () => {},
    onResponseEnd: () => ended(),
    onResponseError: (_controller, error) => ended(error),
  }),
};

const CASES = COPIES.flatMap(([name, undici]) =>
  Object.entries(SHAPES)
    .filter(([shape]) => name !== 'undici 6' || shape === 'with onConnect')
    .map(([shape, handlerOf]) => [shape, name, { undici, handlerOf }] as const),
);

const NOISE = gzipSync(`{"data":"${randomBytes(200_000).toString('base64')}","cost":0.012345678}`);
const compressed: RequestListener = (_request, response) =>
  void response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end(NOISE);

const ENDS: Record<string, RequestListener> = {
  'that is complete': (_request, response) => answerCost(response),
  'that has to wait for its price': compressed,
  'that breaks off': (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': 100 });
    response.write('{', () => response.socket?.destroy());
  },
};

describe.each(CASES)('a handler %s of %s', (_shape, _name, { undici, handlerOf }) => {
  /** Over one connection, which another scope has opened: the scope in which a handler is told of each end. */
  async function endsOver(listener: RequestListener, ended: () => void = () => {}, times = 1) {
    let warm = false;
    const { metered, meter } = await origins((request, response) => {
      if (warm) return listener(request, response);
      warm = true;
      return answerCost(response);
    }, ROOMY);
    const pool = new undici.Pool(metered, { connections: 1 });
    await meter.run({ labels: { of: 'another' } }, async () => (await pool.request(CALL)).body.dump());
    const told: (string | undefined)[] = [];
    let own: CostScope | undefined;
    meter.run({ labels: { of: 'its own' } }, () => {
      own = meter.current();
      const handler = handlerOf({
        ended: () => {
          told.push(meter.current()?.labels.of);
          ended();
        },
      });
      pool.dispatch(CALL, handler);
    });
    await turnsUntil(() => told.length === times && own?.charges.length === 1);
    await pool.destroy();
    return told;
  }

  it.each(Object.entries(ENDS))(
    'is told of the end of an answer %s in the scope of its call',
    async (_how, listener) => {
      expect(await endsOver(listener)).toEqual(['its own']);
    },
  );

  it('hears of an error of its own, which it made when that end had to wait, in that scope too', async () => {
    let ends = 0;
    const throwing = () => {
      ends += 1;
      if (ends === 1) throw new Error('own');
    };
    expect(await endsOver(compressed, throwing, 2)).toEqual(['its own', 'its own']);
  });

  it('that aborts when it has a connection has sent nothing, and is no charge', async () => {
    let arrivals = 0;
    const { metered, meter } = await origins((_request, response) => {
      arrivals += 1;
      answerCost(response);
    }, ROOMY);
    const client = new undici.Client(metered);
    const error = await new Promise((ended) => {
      client.dispatch(CALL, handlerOf({ connected: (abort) => abort(new Error('enough')), ended }));
    });
    expect(error).toMatchObject({ message: 'enough' });
    await client.close();
    expect(arrivals).toBe(0);
    expect(meter.snapshot()).toMatchObject({ costNanos: 0, callsInFlight: 0 });
    expect(await meter.remaining()).toMatchObject([{ heldUsd: 0, remainingUsd: 1 }]);
  });
});
