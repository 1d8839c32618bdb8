import { type EdenStandIn, manualClock, type ReplyOptions, startEdenStandIn } from '@eden-cost/testing';
import { pino } from 'pino';
import { createWorker, type Settings } from './create-worker.js';
import type { InvoiceJob, SummaryJob } from './job.js';

interface CostLine {
  readonly msg: string;
  readonly edenai: { readonly costNanos: number; readonly calls: number; readonly labels: Record<string, string> };
}

const HOUR_MS = 3_600_000;

let eden: EdenStandIn;
let lines: Record<string, unknown>[];
const stops: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  eden = await startEdenStandIn();
});

afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
  eden.reset();
});

afterAll(() => eden.close());

function start(settings?: Partial<Settings>) {
  lines = [];
  const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const { worker, meter } = createWorker({ baseUrl: eden.baseUrl, apiKey: 'test-key', log, pollMs: 1, ...settings });
  stops.push(() => meter.close());
  stops.push(() => worker.stop({ timeoutMs: 1_000 }));
  return { worker, meter };
}

let jobs = 0;
const summary = (tenant: string, ...pages: string[]): SummaryJob => ({
  ...{ id: String(++jobs), kind: 'summary', tenant },
  pages: pages.map((page) => `${tenant}: ${page}`),
});
const invoice = (tenant: string): InvoiceJob => ({
  ...{ id: String(++jobs), kind: 'invoice', tenant },
  file: 'https://example.com/invoice.pdf',
});

/** How the next chats are answered. */
const chat = (...replies: ReplyOptions[]) =>
  eden.script(replies.map((reply) => ({ ...reply, match: { path: '/chat/completions' } })));

const said = (msg: string) => lines.filter((line) => line.msg === msg);
const costLines = () => said('edenai request cost') as unknown as CostLine[];

const chats = () => eden.books().requestsByPath['/v3/chat/completions'];

/** What the log says that a tenant's jobs have cost. */
const loggedFor = (tenant: string): number =>
  costLines()
    .filter(({ edenai }) => edenai.labels.tenant === tenant)
    .reduce((sum, { edenai }) => sum + edenai.costNanos, 0);

/** What Eden AI has billed for a tenant's pages. */
const billedFor = (tenant: string): number =>
  eden
    .requests()
    .filter(({ bodyText }) => bodyText?.includes(`${tenant}: `))
    .reduce((sum, { nanos = 0 }) => sum + nanos, 0);

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 1));
}

test('each job has a line with its cost, also when its calls wait in a queue behind those of others', async () => {
  const { worker, meter } = start();
  chat(...Array.from({ length: 40 }, (_, index) => ({ costUsd: (index + 1) / 1e9, latencyMs: index % 3 })));
  const tenants = ['acme', 'globex', 'initech', 'umbrella'];
  for (const tenant of tenants) worker.add(summary(tenant, ...Array.from({ length: 10 }, (_, page) => `page ${page}`)));
  await worker.idle();
  expect(worker.open).toEqual([]);
  expect(costLines().map(({ edenai }) => edenai.calls)).toEqual([10, 10, 10, 10]);
  expect(tenants.map(loggedFor)).toEqual(tenants.map(billedFor));
  expect(eden.books().totalNanos).toBe(820);
  expect(meter.snapshot()).toMatchObject({ costNanos: 820, unattributedNanos: 0 });
});

test("a job that its tenant's day has no room for is put back until tomorrow, and goes on where it stopped", async () => {
  const clock = manualClock(Date.UTC(2026, 0, 1, 20));
  const { worker } = start({ after: clock.after, cost: { clock } });
  chat({ costUsd: 0.6 }, { costUsd: 0.2 }, { costUsd: 0.2 });
  worker.add(summary('acme', 'page'));
  await worker.idle();
  worker.add(summary('acme', 'one', 'two', 'three'));
  worker.add(summary('globex', 'page'));
  await worker.idle();
  expect(said('job put back')).toMatchObject([{ level: 40, retryAfterMs: 4 * HOUR_MS }]);
  expect(worker.open).toMatchObject([{ tenant: 'acme', summaries: [expect.any(String), expect.any(String)] }]);
  expect(chats()).toBe(4);

  await clock.advanceAsync(4 * HOUR_MS - 1);
  expect(worker.open).toHaveLength(1);
  await clock.advanceAsync(1);
  await worker.idle();
  expect(worker.open).toEqual([]);
  expect(chats()).toBe(5);
  expect(['acme', 'globex'].map(loggedFor)).toEqual(['acme', 'globex'].map(billedFor));
});

test('a job that used up its own budget has failed, and its tenant goes on', async () => {
  const { worker } = start({
    cost: {
      budgets: [
        { name: 'tenant-daily', limitUsd: 2, window: 'day', by: 'tenant' },
        { name: 'one-job', limitUsd: 0.5, window: 'request' },
      ],
    },
  });
  // two at a time: whichever ends first has used it up before the third one begins
  chat({ costUsd: 0.5 }, { costUsd: 0.5 });
  worker.add(summary('acme', 'one', 'two', 'three'));
  await worker.idle();
  worker.add(summary('acme', 'page'));
  await worker.idle();
  expect(worker.open).toEqual([]);
  expect(said('job failed')).toHaveLength(1);
  expect(chats()).toBe(3);
});

test("Eden AI's own 402 pauses the queue, and the job is done when there are credits again", async () => {
  const clock = manualClock();
  const { worker } = start({ after: clock.after, pauseMs: HOUR_MS });
  chat({ status: 402, errorShape: 'balance' });
  worker.add(summary('acme', 'page'));
  await until(() => said('queue paused').length > 0);
  worker.add(summary('globex', 'page'));
  worker.add(invoice('globex'));
  expect(said('job done')).toEqual([]);
  expect(chats()).toBe(1);

  await clock.advanceAsync(HOUR_MS);
  await worker.idle();
  expect(said('job done')).toHaveLength(3);
  expect(worker.open).toEqual([]);
});

test('a job of Universal AI is one charge, however often it is read, on the tenant that started it', async () => {
  const { worker } = start();
  eden.script({ match: { path: '/async', method: 'POST' }, pollsNeeded: 3, settledCostUsd: '0.123456789' });
  worker.add(invoice('acme'));
  worker.add(summary('globex', 'page'));
  await worker.idle();
  expect(loggedFor('acme')).toBe(123_456_789);
  expect(loggedFor('acme') + loggedFor('globex')).toBe(eden.books().totalNanos);
  expect(eden.requests().filter(({ path, method }) => method === 'GET' && path.includes('/async/'))).toHaveLength(4);
});

test('a job that Eden AI could not do has failed, at no cost', async () => {
  const { worker } = start();
  eden.script({ match: { path: '/async', method: 'POST' }, outcome: 'fail' });
  worker.add(invoice('acme'));
  await worker.idle();
  expect(said('job failed')).toHaveLength(1);
  expect([loggedFor('acme'), eden.books().totalNanos]).toEqual([0, 0]);
});

test('a worker that is stopped hands back what is not done, and starts nothing twice', async () => {
  const { worker, meter } = start({ pollMs: HOUR_MS });
  const job = invoice('acme');
  worker.add(job);
  await until(() => eden.requests().some(({ path, status }) => path.includes('/async/') && status === 200));
  expect(await worker.stop({ timeoutMs: 1 })).toEqual([job]);
  await meter.close();

  const next = start();
  next.worker.add(job);
  await next.worker.idle();
  expect(next.worker.open).toEqual([]);
  expect(eden.requests().filter(({ path }) => path.endsWith('/async'))).toHaveLength(1);
});
