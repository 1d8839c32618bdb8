import { createHash } from 'node:crypto';
import { createMeter, type Meter, type MeterOptions } from '@eden-cost/core';
import { type EdenStandIn, manualClock, type StandInOptions, startEdenStandIn } from '@eden-cost/testing';
import * as undici from 'undici';
import { readAnswer } from './calls.js';

/** All that a caller can see of an answer. */
export interface Seen {
  readonly status?: number;
  readonly headers?: readonly (readonly [string, string])[];
  readonly length: number;
  readonly sha256: string;
  /** What went wrong, in the words of whoever said so. */
  readonly error?: string;
  /** Not enumerable: two that differ are not to be printed. */
  readonly bytes: Buffer;
}

export interface Twins {
  /** Not metered. */
  readonly bare: EdenStandIn;
  readonly eden: EdenStandIn;
  /** Makes the meter of `eden`; closed after the test. */
  meter(options?: MeterOptions): Meter;
  /** The same call to each by fetch, which decodes. */
  fetched(path: string, init: RequestInit): Promise<{ bare: Seen; metered: Seen }>;
  /** The same by undici's own request: the bytes as they are on the wire. */
  requested(path: string, init: RequestInit): Promise<{ bare: Seen; metered: Seen }>;
}

/** Two stand-ins that give the same answers to the same calls, for each test: one metered, one not. */
export function useTwins(options: StandInOptions = {}): Twins {
  let running: { bare: EdenStandIn; eden: EdenStandIn } | undefined;
  let present: Meter | undefined;
  beforeEach(async () => {
    const [bare, eden] = await Promise.all([manualClock(), manualClock()].map((clock) => start({ ...options, clock })));
    running = { bare, eden } as NonNullable<typeof running>;
  });
  afterEach(async () => {
    await present?.close({ timeoutMs: 0 });
    present = undefined;
    await Promise.all([running?.bare.close(), running?.eden.close()]);
  });
  const twin = () => {
    if (running === undefined) throw new Error('The twins run from beforeEach to afterEach');
    return running;
  };
  const both = async (path: string, see: (url: string) => Promise<Seen>) => ({
    bare: await see(twin().bare.url + path),
    metered: await see(twin().eden.url + path),
  });
  return {
    get bare() {
      return twin().bare;
    },
    get eden() {
      return twin().eden;
    },
    meter(meterOptions = {}) {
      present = createMeter({ baseUrls: [twin().eden.url], ...meterOptions });
      present.instrument(undici);
      return present;
    },
    fetched: (path, init) => both(path, (url) => seeFetch(url, init)),
    requested: (path, init) => both(path, (url) => seeRequest(url, init)),
  };
}

const start = (options: StandInOptions) => startEdenStandIn(options);

function seen(bytes: Buffer, facts: Omit<Seen, 'length' | 'sha256' | 'bytes' | 'error'>, error?: unknown): Seen {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const all = { ...facts, length: bytes.length, sha256, ...(error !== undefined && { error: wordsOf(error) }) };
  return Object.defineProperty(all, 'bytes', { value: bytes }) as Seen;
}

async function seeFetch(url: string, init: RequestInit): Promise<Seen> {
  try {
    const response = await fetch(url, init);
    const { bytes, error } = await readAnswer(response);
    const headers = [...response.headers].filter(([name]) => name !== 'date');
    return seen(bytes, { status: response.status, headers }, error);
  } catch (error) {
    return seen(Buffer.alloc(0), {}, error);
  }
}

async function seeRequest(url: string, { method, headers, body }: RequestInit): Promise<Seen> {
  try {
    const options = { method: method ?? 'GET', headers: headers as Record<string, string>, body: body as string };
    const answer = await undici.request(url, options);
    const chunks: Buffer[] = [];
    let error: unknown;
    try {
      for await (const chunk of answer.body) chunks.push(chunk);
    } catch (caught) {
      error = caught;
    }
    const answered = Object.entries(answer.headers)
      .filter(([name]) => name !== 'date')
      .map(([name, value]) => [name, String(value)] as const);
    return seen(Buffer.concat(chunks), { status: answer.statusCode, headers: answered }, error);
  } catch (error) {
    return seen(Buffer.alloc(0), {}, error);
  }
}

const wordsOf = (error: unknown): string => {
  const { name, message, cause } = error as Error & { cause?: Error & { code?: string } };
  return [name, message, cause?.name, cause?.message, cause?.code].filter(Boolean).join(' / ');
};
