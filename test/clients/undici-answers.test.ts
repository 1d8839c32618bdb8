import { ANSWERS, hash } from './answers.js';
import { COST_NANOS } from './http-origins.js';
import { COPIES, useUndiciOrigins } from './undici-origins.js';

const origins = useUndiciOrigins();

const PATH = '/v3/brand/new';

interface Seen {
  readonly status: number;
  readonly headers: unknown;
  readonly trailers?: unknown;
  readonly sha256?: string;
  readonly error?: string;
}

type Ask = (url: string, init: { method: string; body?: string }) => Promise<Seen>;

const viaFetch =
  (fetch: typeof globalThis.fetch): Ask =>
  async (url, init) => {
    const response = await fetch(url, init);
    const headers = [...response.headers].filter(([name]) => name !== 'date');
    const read = await response.arrayBuffer().then(
      (bytes) => ({ sha256: hash(new Uint8Array(bytes)) }),
      (error: Error) => ({ error: `${error.name} ${(error.cause as NodeJS.ErrnoException | undefined)?.code}` }),
    );
    return { status: response.status, headers, ...read };
  };

const CLIENTS: [name: string, ask: Ask][] = [
  ['fetch', (url, init) => viaFetch(globalThis.fetch)(url, init)],
  ...COPIES.flatMap(([name, undici]): [string, Ask][] => [
    [`the fetch of ${name}`, viaFetch(undici.fetch as unknown as typeof fetch)],
    [
      `the request of ${name}`,
      async (url, init) => {
        const { statusCode, headers, body, trailers } = await undici.request(url, init as never);
        const { date: _, ...others } = headers;
        const bytes = await body.arrayBuffer();
        return { status: statusCode, headers: others, trailers, sha256: hash(new Uint8Array(bytes)) };
      },
    ],
  ]),
];

describe.each(CLIENTS)('over %s, an answer', (_client, ask) => {
  it.each(Object.entries(ANSWERS))('%s is what it is without us, by hash, and charged once', async (_name, answer) => {
    const { listener, nanos = COST_NANOS, method = 'POST' } = answer;
    const { bare, metered, meter } = await origins(listener);
    const init = { method, ...(method === 'POST' && { body: '{}' }) };
    const expected = await ask(bare + PATH, init);
    await meter.run({}, async () => {
      expect(await ask(metered + PATH, init)).toEqual(expected);
      expect(meter.current()?.charges.map(({ amount }) => amount)).toEqual(nanos > 0 ? [nanos] : []);
    });
    expect(meter.snapshot().callsInFlight).toBe(0);
  });
});
