import type { MeterOptions, UsageLine, UsageQuery } from '@eden-cost/core';
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
async function job(watched: WatchedEden, path: string, body: object, reply: Omit<ReplyOptions, 'hold'>): Promise<void> {
  const started = JSON.parse((await call(watched, path, body, { ...reply, pollsNeeded: 1 })).toString());
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
  (watched, index) => call(watched, '/v3/responses', { model: 'openai/gpt-4o', input: `${index}` }),
  (watched, index) => call(watched, '/v3/v1/messages', { ...chatOf('anthropic/claude', `${index}`), max_tokens: 9 }),
  (watched, index) => call(watched, '/v3/images/generations', { model: 'openai/dall-e-3', prompt: `${index}` }),
  (watched, index) => call(watched, '/v3/audio/transcriptions', { model: 'openai/whisper-1', prompt: `${index}` }),
  (watched, index) => call(watched, '/v3/moderations', { model: 'openai/omni', input: `${index}` }),
  (watched, index) => call(watched, '/v3/universal-ai', { model: 'ocr/invoice_parser/mindee', input: { index } }),
  (watched, index) =>
    call(watched, '/v3/universal-ai', { model: 'ocr/invoice_parser/mindee', input: { index } }, { outcome: 'fail' }),
  (watched, index) =>
    job(
      watched,
      '/v3/universal-ai/async',
      { model: 'ocr/financial_parser/veryfi', input: { index } },
      { settledCostUsd: priceOf(index) },
    ),
  (watched, index) =>
    job(watched, '/v3/videos', { model: 'openai/sora-2', prompt: `${index}` }, { settledCostUsd: priceOf(index) }),
  (watched, index) => call(watched, '/v2/text/keyword_extraction', { providers: 'amazon,google', text: `${index}` }),
];

const chat = (content: unknown) => ({ model: 'openai/gpt-4o', messages: [{ role: 'user', content: `${content}` }] });

const chatOf = (model: string, content: string) => ({ ...chat(content), model });

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

const line = (day: string, feature: string, provider: string, differenceNanos: number) => ({
  ...{ day, feature, provider, differenceNanos },
});

/** What is booked for a call of a feature whose cost is not known. */
const GUESS = 50_000_000;

/** A difference of each kind; no two of a day have both their feature and their provider in common. */
const PLANTS = {
  // billed otherwise than it was told
  chat: (watched) => call(watched, '/v3/chat/completions', chat('more'), { costUsd: '0.1', billedUsd: '0.100000001' }),
  stream: (watched) =>
    call(
      watched,
      '/v3/chat/completions',
      { ...chatOf('anthropic/claude', 'stream'), stream: true },
      { provider: 'anthropic', costUsd: '0.1', billedUsd: '0.10000003' },
    ),
  job: (watched) =>
    job(
      watched,
      '/v3/universal-ai/async',
      { model: 'ocr/receipt_parser/veryfi', input: {} },
      { settledCostUsd: '0.1', billedUsd: '0.09999993' },
    ),
  video: (watched) =>
    job(
      watched,
      '/v3/videos',
      { model: 'google/veo', prompt: 'x' },
      { provider: 'google', settledCostUsd: '0.1', billedUsd: '0.1000006' },
    ),
  // billed although the answer says that it was free
  cached: (watched) =>
    call(watched, '/v3/chat/completions', chatOf('mistral/large', 'x'), {
      ...{ provider: 'mistral', cached: true, billedUsd: 0.004 },
    }),
  byok: (watched) =>
    call(watched, '/v3/chat/completions', chatOf('cohere/r', 'x'), {
      ...{ provider: 'cohere', byok: true, metadata: true, costUsd: 0.06, billedUsd: 0.05 },
    }),
  // told, and not billed
  unbilled: (watched) =>
    call(
      watched,
      '/v3/embeddings',
      { model: 'google/e', input: 'x' },
      { costUsd: '0.02', provider: 'google', billed: false },
    ),
  // billed for nobody here
  elsewhere: async ({ eden }) => eden.spendElsewhere(0.5, { operation: 'images', model: 'stability/sd3' }),
  // billed although it broke off before its cost was said
  cut: async ({ eden }) => {
    const reply = { costUsd: '0.07', cutAfterBytes: 5, encoding: 'identity' } as const;
    const init = postInit({ model: 'translation/automatic/deepl' }, { reply, headers: HEADERS });
    await readAnswer(await fetch(`${eden.url}/v3/universal-ai`, init));
  },
} satisfies Record<string, (watched: WatchedEden) => Promise<unknown>>;

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
      ...['audio__speech_to_text', 'audio__text_to_speech', 'image__generation', 'ocr__financial_parser'],
      ...['ocr__invoice_parser', 'text__chat', 'text__embeddings', 'text__keyword_extraction', 'text__moderation'],
      'video__generation',
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
    await mixedCalls(watched, 34);
    const [first, second] = ['2026-01-01', '2026-01-02'];
    clock.set(Date.parse(`${first}T12:00:00Z`));
    for (const plant of [PLANTS.chat, PLANTS.stream, PLANTS.cached, PLANTS.unbilled]) await plant(watched);
    clock.set(Date.parse(`${second}T12:00:00Z`));
    for (const plant of [PLANTS.byok, PLANTS.job, PLANTS.video, PLANTS.elsewhere, PLANTS.cut]) await plant(watched);
    const report = await meter.credits.usage(DAYS);
    const expected = [
      line(first, 'text__chat', 'anthropic', 30),
      line(first, 'text__chat', 'mistral', 4_000_000),
      line(first, 'text__chat', 'openai', 1),
      line(first, 'text__embeddings', 'google', -20_000_000),
      line(second, 'image__generation', 'stability', 500_000_000),
      line(second, 'ocr__receipt_parser', 'veryfi', -70),
      line(second, 'text__chat', 'cohere', 50_000_000),
      line(second, 'translation__automatic', 'deepl', 70_000_000 - GUESS),
      line(second, 'video__generation', 'google', 600),
    ];
    expect(differences(report.lines)).toEqual(expected.map((one) => expect.objectContaining(one)));
    expect(report.differenceNanos).toBe(sum(expected.map(({ differenceNanos }) => differenceNanos)));
    expect(report.differenceNanos).toBe(eden.books().totalNanos - meter.snapshot().costNanos);
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

it('names what a call with a streamed request was for as its answer does', async () => {
  const watched = await watch(SHAPES['v3, with a management key']);
  const { eden, meter } = watched;
  for (const path of ['/v3/universal-ai', '/v3/universal-ai/async']) {
    const body = new Blob([JSON.stringify({ model: 'ocr/invoice_parser/mindee', input: { path } })]).stream();
    const init = { ...postInit('', { headers: HEADERS }), body, duplex: 'half' } as RequestInit;
    const response = await fetch(eden.url + path, init);
    const { public_id: id } = JSON.parse((await readAnswer(response)).bytes.toString());
    for (let poll = 0; poll < 2 && id !== undefined; poll++) {
      await readAnswer(await fetch(`${eden.url}${path}/${id}`, { headers: HEADERS }));
    }
  }
  const { lines, differenceNanos } = await meter.credits.usage(DAYS);
  expect(lines).toEqual([expect.objectContaining({ feature: 'ocr__invoice_parser', provider: 'mindee' })]);
  expect(differenceNanos).toBe(0);
});

it('says since when its own side is complete: 40 days with charges are remembered', async () => {
  const { clock, meter, ask } = await start();
  const days = 43;
  for (let day = 0; day < days; day++) {
    await ask({ costUsd: 0.01 });
    clock.advance(DAY_MS);
  }
  const report = await meter.credits.usage({ from: '2026-01-01', to: '2026-03-01' });
  expect(report.chargedSince).toEqual(new Date(Date.UTC(2026, 0, 1 + days - 40)));
  const known = report.lines.filter(({ chargedNanos }) => chargedNanos > 0);
  expect(known.map(({ day }) => day)).toEqual(report.lines.slice(-40).map(({ day }) => day));
  expect(known[0]?.day).toBe('2026-01-04');
});

const reportOf = (costs: object) => ({ response: [{ token: 'a', data: { '2026-01-01': { text__chat: costs } } }] });

it('counts a refund as what it is', async () => {
  const { eden, meter, ask } = await start();
  await ask({ costUsd: 2 });
  const body = reportOf({ total_cost: -1, cost_per_provider: { openai: -1 } });
  eden.script({ match: { path: '/v2/cost_management/' }, body });
  const report = await meter.credits.usage(DAYS);
  expect(report).toMatchObject({ reportedNanos: -1e9, chargedNanos: 2e9, differenceNanos: -3e9 });
  expect(report.lines).toEqual([expect.objectContaining({ reportedNanos: -1e9 })]);
});

describe('a report that cannot be had', () => {
  it.each<[string, ReplyOptions, string]>([
    ['401', { status: 401 }, 'unauthorised'],
    ['403', { status: 403 }, 'forbidden'],
    ['405', { status: 405 }, 'gone'],
    ['429', { status: 429, retryAfter: 7 }, 'busy'],
    ['HTML', { body: '<html>', headers: { 'content-type': 'text/html' } }, 'gone'],
    ['another shape', { body: { credits: 1 } }, 'unreadable'],
    ['a total that is none', { body: reportOf({ total_cost: 'a lot' }) }, 'unreadable'],
    ['no total', { body: reportOf({ details: 3 }) }, 'unreadable'],
    ['more than 4 MiB', { body: { response: [], more: 'x'.repeat(4 * 1024 * 1024) } }, 'too-large'],
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

  it.each<[unknown, RegExp]>([
    [{ from: '2026-01-02', to: '2026-01-01' }, /from \(2026-01-02\) is after to \(2026-01-01\)/],
    [{ from: '2025-01-01', to: '2026-01-02' }, /at most 365 days, and not 367/],
    [{ from: 'yesterday', to: '2026-01-02' }, /usage\(\{ from \}\) must be a valid Date, or a day like/],
    [{ from: '2026-01-01', to: '2026-02-30' }, /usage\(\{ to \}\) must be/],
    [{ from: new Date('x'), to: '2026-01-02' }, /usage\(\{ from \}\) must be/],
    [{ from: '2026-01-01', to: new Date(8.64e15) }, /usage\(\{ to \}\) must be/],
    [{ from: 1, to: Symbol('day') }, /usage\(\{ from \}\) must be/],
    [{ from: '2026-01-01', to: { toString: null } }, /usage\(\{ to \}\) must be/],
    [{ from: '2026-01-01' }, /usage\(\{ to \}\) must be/],
    [{ ...DAYS, until: '2026-01-02' }, /usage\(\)\.until is not an option/],
    [{ ...DAYS, token: KEY }, /usage\(\{ token \}\) must be the name/],
    [{ ...DAYS, token: 7 }, /usage\(\{ token \}\) must be the name/],
    [undefined, /usage\(\) takes the days/],
    ['2026-01-01', /usage\(\) takes the days/],
  ])('a query that is none is an OptionsError, and nothing is read: %p', async (query, message) => {
    const { eden, meter } = await start();
    const error: unknown = await meter.credits.usage(query as UsageQuery).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'ERR_COST_OPTIONS', message: expect.stringMatching(message) });
    expect(String(error)).not.toContain(KEY);
    expect(eden.books().requestsByPath).not.toHaveProperty(['/v2/cost_management/']);
  });
});
