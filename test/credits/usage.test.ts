import type { MeterOptions, UsageLine } from '@eden-cost/core';
import type { ReplyOptions, StandInKey } from '@eden-cost/testing';
import { postInit, readAnswer } from '../support/calls.js';
import { sum } from '../support/lists.js';
import { KEY, useWatchedEden, type WatchedEden } from '../support/watched-eden.js';

const start = useWatchedEden();

const MANAGEMENT: StandInKey = { key: 'mgmt-eden-boss', management: true };
const DAY_MS = 86_400_000;
const DAYS = { from: '2026-01-01', to: '2026-01-03' };
const HEADERS = { authorization: `Bearer ${KEY}` };

/** The two endpoints, and with which key each of them is read. */
const SHAPES: Record<string, MeterOptions['credits']> = {
  'v2, with the inference key': { apiKey: KEY },
  'v3, with a management key': { apiKey: KEY, managementKey: MANAGEMENT.key },
};

const watch = (credits: MeterOptions['credits']) => start({ keys: [KEY, MANAGEMENT], cache: true }, { credits });

async function call({ eden }: WatchedEden, path: string, body: object, reply: Omit<ReplyOptions, 'hold'> = {}) {
  const response = await fetch(eden.url + path, postInit(body, { reply, headers: HEADERS }));
  expect(response.ok).toBe(true);
  return (await readAnswer(response)).bytes;
}

/** Starts a job or a video and reads it until it has ended. */
async function job(watched: WatchedEden, path: string, body: object, costUsd: string): Promise<void> {
  const started = JSON.parse((await call(watched, path, body, { settledCostUsd: costUsd, pollsNeeded: 1 })).toString());
  for (let poll = 0; poll < 3; poll++) {
    await readAnswer(
      await fetch(`${watched.eden.url}${path}/${started.public_id ?? started.id}`, { headers: HEADERS }),
    );
  }
}

/** What an odd number of nanos is worth, a different one for each call. */
const priceOf = (index: number): string => `0.00${1_000_001 + index * 7}`;

/** One of each kind of call; `index` makes no two of them alike. */
const KINDS: readonly ((watched: WatchedEden, index: number) => Promise<unknown>)[] = [
  (watched, index) => call(watched, '/v3/chat/completions', chat(index), { costUsd: priceOf(index) }),
  (watched, index) =>
    call(watched, '/v3/chat/completions', { ...chat(index), stream: true }, { costUsd: priceOf(index), chunks: 1 }),
  (watched) => call(watched, '/v3/chat/completions', chat('the same'), { costUsd: '0.0042' }),
  (watched, index) =>
    call(watched, '/v3/chat/completions', chat(index), { costUsd: priceOf(index), byok: true, metadata: true }),
  (watched, index) => call(watched, '/v3/chat/completions', { ...chat(index), model: 'google/gemini-flash-latest' }),
  (watched, index) =>
    call(
      watched,
      '/v3/embeddings',
      { model: 'openai/text-embedding-3-small', input: `${index}` },
      { costAs: 'exponent' },
    ),
  (watched, index) =>
    call(watched, '/v3/audio/speech', { model: 'openai/tts-1', input: `${index}`, voice: 'alloy' }, { bodyBytes: 64 }),
  (watched, index) => call(watched, '/v3/universal-ai', { model: 'ocr/invoice_parser/mindee', input: { index } }),
  (watched, index) =>
    call(watched, '/v3/universal-ai', { model: 'ocr/invoice_parser/mindee', input: { index } }, { outcome: 'fail' }),
  (watched, index) =>
    job(watched, '/v3/universal-ai/async', { model: 'ocr/financial_parser/veryfi', input: { index } }, priceOf(index)),
  (watched, index) => job(watched, '/v3/videos', { model: 'openai/sora-2', prompt: `${index}` }, priceOf(index)),
  (watched, index) => call(watched, '/v2/text/keyword_extraction', { providers: 'amazon,google', text: `${index}` }),
];

const chat = (content: unknown) => ({ model: 'openai/gpt-4o', messages: [{ role: 'user', content: `${content}` }] });

async function mixedCalls(watched: WatchedEden, count: number): Promise<void> {
  const batch = 20;
  for (let index = 0; index < count; index += batch) {
    if (index === Math.floor(count / 3 / batch) * batch) watched.clock.advance(DAY_MS);
    await Promise.all(
      Array.from({ length: Math.min(batch, count - index) }, (_, offset) =>
        KINDS[(index + offset) % KINDS.length]?.(watched, index + offset),
      ),
    );
  }
}

const differences = (lines: readonly UsageLine[]) => lines.filter(({ differenceNanos }) => differenceNanos !== 0);

it('agrees to the nano over 1,000 mixed calls: jobs, videos, streams, cached and BYOK answers, v2', async () => {
  const watched = await watch(SHAPES['v3, with a management key']);
  await mixedCalls(watched, 1_000);
  const v3 = await watched.meter.credits.usage(DAYS);
  expect(differences(v3.lines)).toEqual([]);
  expect([v3.reportedNanos, v3.chargedNanos]).toEqual(Array(2).fill(watched.eden.books().totalNanos));
  expect(new Set(v3.lines.map(({ day }) => day))).toEqual(new Set(['2026-01-01', '2026-01-02']));
  expect(new Set(v3.lines.map(({ feature }) => feature))).toEqual(
    new Set([
      ...['audio__text_to_speech', 'ocr__financial_parser', 'ocr__invoice_parser', 'text__chat', 'text__embeddings'],
      ...['text__keyword_extraction', 'video__generation'],
    ]),
  );
  const { charges } = watched.eden.books();
  expect(charges.some(({ cached }) => cached) && charges.some(({ byok }) => byok)).toBe(true);
  expect(watched.errors).toEqual([]);
  expect(watched.meter.snapshot().costNanos).toBe(watched.eden.books().totalNanos);
}, 60_000);

describe.each(Object.entries(SHAPES))('%s', (_name, credits) => {
  it('shows each planted difference on its day, feature and provider', async () => {
    const watched = await watch(credits);
    const { eden, clock, meter } = watched;
    await mixedCalls(watched, 24);
    const [first, second] = ['2026-01-01', '2026-01-02'];
    clock.set(Date.parse(`${first}T12:00:00Z`));
    // billed otherwise than it was told
    await call(watched, '/v3/chat/completions', chat('more'), { costUsd: '0.1', billedUsd: '0.100000001' });
    // told, and not billed
    await call(
      watched,
      '/v3/embeddings',
      { model: 'google/e', input: 'x' },
      { costUsd: '0.02', provider: 'google', billed: false },
    );
    clock.set(Date.parse(`${second}T12:00:00Z`));
    // billed for nobody here
    eden.spendElsewhere(0.5, { operation: 'images', model: 'stability/sd3' });
    // billed although it broke off before its cost was said
    await readAnswer(
      await fetch(
        `${eden.url}/v3/universal-ai`,
        postInit(
          { model: 'translation/automatic/deepl' },
          { reply: { costUsd: '0.07', cutAfterBytes: 5, encoding: 'identity' }, headers: HEADERS },
        ),
      ),
    );
    const report = await meter.credits.usage(DAYS);
    const guess = 50_000_000; // the table's, for a feature
    expect(differences(report.lines)).toEqual([
      line(first, 'text__chat', 'openai', 1),
      line(first, 'text__embeddings', 'google', -20_000_000),
      line(second, 'image__generation', 'stability', 500_000_000),
      line(second, 'translation__automatic', 'deepl', 70_000_000 - guess),
    ]);
    expect(report.differenceNanos).toBe(1 - 20_000_000 + 500_000_000 + 70_000_000 - guess);
    expect(report.differenceNanos).toBe(sum(report.lines.map(({ differenceNanos }) => differenceNanos)));
    expect(report.chargedSince).toEqual(new Date('2026-01-01T00:00:00Z'));
  });

  it('has the days that were asked for, the last one included, and one key if that is named', async () => {
    const watched = await watch(credits);
    const { eden, clock, meter } = watched;
    for (let day = 0; day < 3; day++) {
      await call(watched, '/v3/chat/completions', chat(day), { costUsd: 0.1 });
      clock.advance(DAY_MS);
    }
    const report = await meter.credits.usage({ from: new Date('2026-01-01T23:00:00Z'), to: '2026-01-02' });
    expect(report.lines.map(({ day }) => day)).toEqual(['2026-01-01', '2026-01-02']);
    expect(report.differenceNanos).toBe(0);
    clock.set(Date.parse('2026-01-02T12:00:00Z'));
    eden.spendElsewhere(9);
    const day = { from: '2026-01-02', to: '2026-01-02' };
    expect((await meter.credits.usage(day)).differenceNanos).toBe(9_000_000_000);
    expect((await meter.credits.usage({ ...day, token: 'key-1' })).differenceNanos).toBe(0);
  });
});

const line = (day: string, feature: string, provider: string, differenceNanos: number) =>
  expect.objectContaining({ day, feature, provider, differenceNanos });

describe('a report that cannot be had', () => {
  it.each<[string, ReplyOptions, string]>([
    ['401', { status: 401 }, 'unauthorised'],
    ['403', { status: 403 }, 'forbidden'],
    ['405', { status: 405 }, 'gone'],
    ['429', { status: 429, retryAfter: 7 }, 'busy'],
    ['HTML', { body: '<html>', headers: { 'content-type': 'text/html' } }, 'gone'],
    ['another shape', { body: { credits: 1 } }, 'unreadable'],
  ])('%s: rejects with what to do, is asked for once, and touches nothing else', async (_name, reply, failure) => {
    const { eden, meter, ask } = await start();
    eden.script({ match: { path: '/v2/cost_management/' }, ...reply });
    const error = await meter.credits.usage(DAYS).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'ERR_COST_EDEN_READ', failure });
    expect(error).not.toHaveProperty('status');
    expect(String(error)).not.toContain(KEY);
    expect(eden.books().requestsByPath['/v2/cost_management/']).toBe(1);
    expect(await ask()).toBe(200);
  });

  it.each([
    [{ from: '2026-01-02', to: '2026-01-01' }],
    [{ from: '2025-01-01', to: '2026-01-02' }],
    [{ from: 'yesterday', to: '2026-01-02' }],
  ])('for days that are none (%j)', async (days) => {
    const { meter } = await start();
    await expect(meter.credits.usage(days)).rejects.toThrow(/usage\(\{ from/);
  });
});
