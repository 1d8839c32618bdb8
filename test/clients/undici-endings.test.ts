import type { RequestListener, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { manualClock } from '@eden-cost/testing';
import { turnsUntil } from '../support/turns.js';
import { answerCost } from './http-origins.js';
import { COPIES, useUndiciOrigins } from './undici-origins.js';

const origins = useUndiciOrigins();

const PATH = '/v3/brand/new';
const ESTIMATE_NANOS = 10_000_000;
const ROOMY = { budgets: [{ name: 'all', limitUsd: 1, window: 'total' as const }] };
const TIGHT = { budgets: [{ name: 'all', limitUsd: 0.01, window: 'total' as const, estimateUsd: 0.01 }] };

/** Makes a call and reads its answer; `begun` is called with its first bytes. */
type Call = (url: string, signal?: AbortSignal, begun?: () => void) => Promise<number>;

const viaFetch =
  (fetch: () => typeof globalThis.fetch): Call =>
  async (url, signal, begun) => {
    const response = await fetch()(url, { method: 'POST', body: '{}', ...(signal && { signal }) });
    for await (const _chunk of response.body ?? []) begun?.();
    return response.status;
  };

const CLIENTS: [name: string, call: Call][] = [
  ['fetch', viaFetch(() => globalThis.fetch)],
  ...COPIES.flatMap(([name, undici]): [string, Call][] => [
    [`the fetch of ${name}`, viaFetch(() => undici.fetch as unknown as typeof fetch)],
    [
      `the request of ${name}`,
      async (url, signal, begun) => {
        const { statusCode, body } = await undici.request(url, { method: 'POST', body: '{}', signal });
        for await (const _chunk of body) begun?.();
        return statusCode;
      },
    ],
  ]),
];

/** An error as far as a caller can tell it from another. */
const wordsOf = (error: unknown): string => {
  const { name, message, code, cause } = error as Error & { code?: unknown };
  return [name, code, message, (cause as Error | undefined)?.message].filter(Boolean).join(' / ');
};

const failure = (made: Promise<unknown>): Promise<string> => made.then((status) => `answered ${status}`, wordsOf);

/** Leaves what arrives without an answer, or half way through one. */
function silent(half = false) {
  const responses: ServerResponse[] = [];
  const listener: RequestListener = (_request, response) => {
    responses.push(response);
    if (half) response.writeHead(200, { 'content-type': 'application/json' }).write('{"object":');
  };
  return { listener, responses };
}

describe.each(CLIENTS)('a call over %s that is aborted', (_client, call) => {
  it('before it is made fails as without us, and nothing is held or sent', async () => {
    const { listener, responses } = silent();
    const { bare, metered, meter } = await origins(listener, ROOMY);
    const aborted = (url: string) => failure(call(url + PATH, AbortSignal.abort()));
    expect(await aborted(metered)).toBe(await aborted(bare));
    expect(responses).toHaveLength(0);
    expect(meter.snapshot()).toMatchObject({ costNanos: 0, callsInFlight: 0 });
    expect(await meter.remaining()).toMatchObject([{ heldUsd: 0, remainingUsd: 1 }]);
  });

  it('while it is held fails at once and as without us, and is never sent', async () => {
    const clock = manualClock();
    const { listener, responses } = silent();
    const { bare, metered, meter } = await origins(listener, { ...TIGHT, clock });
    const first = call(metered + PATH);
    await turnsUntil(() => responses.length === 1);
    const quiet = clock.pending;
    const controller = new AbortController();
    const held = failure(call(metered + PATH, controller.signal));
    await turnsUntil(() => clock.pending > quiet);
    controller.abort();
    const unheld = new AbortController();
    const sent = failure(call(bare + PATH, unheld.signal));
    await turnsUntil(() => responses.length === 2);
    unheld.abort();
    expect(await held).toBe(await sent);
    answerCost(responses[0] as ServerResponse, 0.001);
    expect(await first).toBe(200);
    expect(responses).toHaveLength(2);
    expect(meter.snapshot()).toMatchObject({ costNanos: 1_000_000, deniedCalls: 0, callsInFlight: 0 });
  });

  it.each([
    ['before its answer', false],
    ['half way through its answer', true],
  ])('%s fails as without us, and is charged at the estimate', async (_when, half) => {
    const { listener, responses } = silent(half);
    const { bare, metered, meter } = await origins(listener, ROOMY);
    const aborted = async (url: string) => {
      const before = responses.length;
      const controller = new AbortController();
      let begun = false;
      const made = failure(
        call(url + PATH, controller.signal, () => {
          begun = true;
        }),
      );
      await turnsUntil(() => responses.length > before && (begun || !half));
      controller.abort();
      return made;
    };
    expect(await aborted(metered)).toBe(await aborted(bare));
    await turnsUntil(() => meter.snapshot().callsInFlight === 0);
    expect(meter.snapshot()).toMatchObject({ calls: 1, costNanos: ESTIMATE_NANOS });
    expect(await meter.remaining()).toMatchObject([{ heldUsd: 0 }]);
  });
});

describe.each(COPIES)('a time-out of %s', (_name, undici) => {
  it.each([
    ['headersTimeout', false],
    ['bodyTimeout', true],
  ])('(%s) fires as without us, and what was sent is charged at the estimate', async (option, half) => {
    const { listener, responses } = silent(half);
    const { bare, metered, meter } = await origins(listener, ROOMY);
    const timedOut = (url: string) => {
      const options = { method: 'POST' as const, body: '{}', [option]: 100 };
      return failure(undici.request(url + PATH, options).then(({ body }) => body.text()));
    };
    const without = await timedOut(bare);
    expect(await timedOut(metered)).toBe(without);
    expect(without).toMatch(/TimeoutError/);
    expect(responses).toHaveLength(2);
    await turnsUntil(() => meter.snapshot().callsInFlight === 0);
    expect(meter.snapshot()).toMatchObject({ calls: 1, costNanos: ESTIMATE_NANOS });
    expect(await meter.remaining()).toMatchObject([{ heldUsd: 0 }]);
  });
});

/** Calls that come as far as a connection, and fail before a byte is written to it. */
const UNWRITTEN: [name: string, call: (url: string) => Promise<unknown>][] = [
  [
    "undici 6's request, of a form that a dispatcher of undici 7 does not know",
    (url) => {
      const [[, undici6], [, undici7]] = COPIES as [(typeof COPIES)[number], (typeof COPIES)[number]];
      const body = new undici6.FormData();
      body.set('model', 'openai/whisper-1');
      return undici6.request(url, { method: 'POST', body, dispatcher: new undici7.Agent() as never });
    },
  ],
  ...COPIES.map(([name, undici]): [string, (url: string) => Promise<unknown>] => [
    `the request of ${name}, of a body that fails`,
    (url) => undici.request(url, { method: 'POST', body: failing() }),
  ]),
];

const failing = () =>
  new Readable({
    read() {
      this.destroy(new Error('The file is gone'));
    },
  });

describe.each(UNWRITTEN)('%s', (_name, call) => {
  it('fails as without us, and nothing is charged or held', async () => {
    const { listener, responses } = silent();
    const { bare, metered, meter } = await origins(listener, ROOMY);
    expect(await failure(call(metered + PATH))).toBe(await failure(call(bare + PATH)));
    expect(responses).toHaveLength(0);
    expect(meter.snapshot()).toMatchObject({ costNanos: 0, callsInFlight: 0, failedCalls: 1 });
    expect(await meter.remaining()).toMatchObject([{ heldUsd: 0, remainingUsd: 1 }]);
  });
});

it('a handler that undici refuses is refused as without us, and nothing is held', async () => {
  const { listener } = silent();
  const { bare, metered, meter } = await origins(listener, ROOMY);
  const [[, undici6]] = COPIES as [(typeof COPIES)[number]];
  const agent = new undici6.Agent();
  const refusal = (origin: string) => {
    try {
      const handler = { onRequestStart() {}, onResponseStart() {}, onResponseEnd() {}, onResponseError() {} };
      return String(agent.dispatch({ origin, path: PATH, method: 'POST', body: '{}' }, handler));
    } catch (error) {
      return wordsOf(error);
    }
  };
  expect(refusal(metered)).toBe(refusal(bare));
  expect(meter.snapshot()).toMatchObject({ costNanos: 0, callsInFlight: 0 });
  expect(await meter.remaining()).toMatchObject([{ heldUsd: 0, remainingUsd: 1 }]);
});

it('a handler that undici refuses once the body has been read is told so, and nothing is held', async () => {
  const { metered, meter } = await origins(silent().listener, ROOMY);
  const [[, undici6]] = COPIES as [(typeof COPIES)[number]];
  const headers = { 'content-type': 'application/json', 'content-length': '2' };
  const body = Readable.from([Buffer.from('{}')]);
  const refused = new Promise<unknown>((resolve) => {
    const handler = {
      onRequestStart() {},
      onResponseStart() {},
      onResponseEnd() {},
      onResponseError: (_controller: unknown, error: unknown) => resolve(error),
    };
    new undici6.Agent().dispatch({ origin: metered, path: PATH, method: 'POST', headers, body }, handler);
  });
  expect(await refused).toMatchObject({ code: 'UND_ERR_INVALID_ARG' });
  expect(meter.snapshot()).toMatchObject({ costNanos: 0, callsInFlight: 0 });
  expect(await meter.remaining()).toMatchObject([{ heldUsd: 0, remainingUsd: 1 }]);
});
