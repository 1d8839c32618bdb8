import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EdenStandIn, startEdenStandIn } from '@eden-cost/testing';
import { pack } from '../../packed/install.js';
import { many, sum } from '../../support/lists.js';
import { rawRequest } from '../../support/raw-http.js';
import { AppProcess } from './app-process.js';
import { type Framework, installCell, programOf, SYSTEMS } from './cells.js';

const DAY = { name: 'day', limitUsd: 0.01, window: 'day' } as const;
const PER_TENANT = { ...DAY, by: 'tenant' } as const;
const NANOS = 10_000_000;

const CODES = {
  BudgetExceededError: 'ERR_COST_BUDGET_EXCEEDED',
  CreditsExhaustedError: 'ERR_COST_CREDITS_EXHAUSTED',
} as const;

/** What every adapter holds to, with each major of its framework, from the packages as they are published. */
export function adapterContract(cells: Record<string, Framework>): void {
  const root = mkdtempSync(join(realpathSync(tmpdir()), 'eden-cost-contract-'));
  const tarballs = join(root, 'tarballs');
  beforeAll(() => pack(tarballs), 120_000);
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  describe.each(Object.entries(cells))('%s', (title, framework) => {
    const folder = join(root, framework.folder);
    beforeAll(() => installCell(folder, tarballs, title, framework), 120_000);

    describe.each(SYSTEMS)('from %s', (system) => {
      const running = useApp(folder, programOf(title, system));
      const { start, get } = running;
      const statuses = async (...paths: string[]) => {
        const seen: number[] = [];
        for (const path of paths) seen.push((await get(path)).status);
        return seen;
      };

      describe('attribution', () => {
        test('meters a client that was built before the adapter was loaded', async () => {
          await start();
          expect(await get('/sdk?cost=0.0123')).toMatchObject({ status: 200, body: { nanos: 12_300_000 } });
        });

        test('gives each of 200 requests at once its own cost, and one line each', async () => {
          await start();
          const answers = await Promise.all(many(200, (index) => get(`/ask?cost=${index / 1e5}`)));
          expect(answers.map(({ body }) => body.nanos)).toEqual(many(200, (index) => index * 10_000));
          const lines = await running.app.linesOf(200);
          expect(sum(lines.map(({ edenai }) => edenai.costNanos))).toBe(running.eden.books().totalNanos);
        });

        test('logs one line a request, with the template of its route', async () => {
          await start();
          await get('/users/42?cost=0.01');
          await get('/nothing');
          await get('/users/43?cost=0.02');
          const lines = await running.app.linesOf(2);
          expect(
            lines.map(({ req, res, edenai }) => [req.method, req.route, res.statusCode, edenai.costNanos]),
          ).toEqual([
            ['GET', '/users/:id', 200, NANOS],
            ['GET', '/users/:id', 200, 2 * NANOS],
          ]);
        });

        test('is one scope and one line where it is mounted twice', async () => {
          await start({ mountTwice: true });
          await get('/ask?cost=0.01', { 'x-tenant': 'acme' });
          await get('/nothing');
          expect(await running.app.linesOf(1)).toMatchObject([
            { edenai: { costNanos: NANOS, labels: { tenant: 'acme', again: 'yes' } } },
          ]);
        });

        test('tells a cost that comes after the answer in a line of its own', async () => {
          await start();
          await get('/late?cost=0.01');
          const [line] = await running.app.linesOf(1);
          expect(line?.edenai).toMatchObject({ costNanos: NANOS, late: true });
        });

        test('tells of a client that is gone, and what its call has cost all the same', async () => {
          await start();
          const gone = new AbortController();
          const answer = fetch(`${running.url}/slow?cost=0.01`, { signal: gone.signal }).catch(() => undefined);
          await running.app.noteOf('waiting');
          gone.abort();
          await answer;
          const [line] = await running.app.linesOf(1);
          expect(line?.edenai).toMatchObject({ costNanos: NANOS, aborted: true });
        });

        test('runs a reader of the request body in its scope', async () => {
          await start();
          const answer = await rawRequest(`${running.url}/read?cost=0.01`, {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: '{}',
          });
          expect(JSON.parse(answer.body)).toEqual({ nanos: NANOS });
        });

        test('puts no call on a request that did not cause it', async () => {
          await start();
          expect((await get('/background')).body).toEqual({ nanos: 1_000_000, unattributed: 2_000_000 });
        });

        test('counts a call that is tried again once', async () => {
          await start();
          running.eden.script([{ status: 429, times: 1 }, { costUsd: 0.01 }]);
          expect((await get('/retried')).body).toEqual({ nanos: NANOS });
          expect(running.eden.books()).toMatchObject({ requests: 2, totalNanos: NANOS });
        });

        test('prices a stream before it has been read to its end', async () => {
          await start();
          running.eden.script({ costUsd: 0.01 });
          expect((await get('/stream')).body).toMatchObject({ nanos: NANOS });
        });
      });

      describe('a denial', () => {
        test.each(['/ask?cost=0.01', '/sdk?cost=0.01'])(
          "of %s is the framework's own 402, and its hook gets the typed error once",
          async (path) => {
            await start({ budgets: [DAY] });
            expect(await statuses(path, path)).toEqual([200, 402]);
            expect(await running.app.heard()).toEqual([
              expect.objectContaining(heardAs(framework, 'BudgetExceededError')),
            ]);
            expect(running.eden.books().requests).toBe(1);
          },
        );

        test('says nothing private, and has no header but that it is not to be stored', async () => {
          await start({ budgets: [{ ...PER_TENANT, name: 'canary-budget' }], problemJson: true });
          await get('/ask?cost=0.01', { 'x-tenant': 'canary-tenant' });
          const { text, status, headers } = await rawRequest(`${running.url}/ask`, {
            headers: { 'x-tenant': 'canary-tenant' },
          });
          expect(status).toBe(402);
          expect(text).not.toMatch(/canary|x-eden|x-stand-in/i);
          expect(Object.keys(headers)).not.toContain('set-cookie');
        });

        test('is problem+json where the app asks for it', async () => {
          await start({ budgets: [DAY], problemJson: true });
          await get('/ask?cost=0.01');
          expect(await get('/ask')).toMatchObject({
            status: 402,
            body: { status: 402, code: 'ERR_COST_BUDGET_EXCEEDED' },
          });
        });

        test('has the status that is configured', async () => {
          await start({ budgets: [DAY], status: { budget: 429, credits: 503 } });
          expect(await statuses('/ask?cost=0.01', '/ask')).toEqual([200, 429]);
        });

        test("of Eden AI's own is the same, and the SDK's error is the cause of the typed one", async () => {
          await start();
          running.eden.setBalance(0);
          expect(await statuses('/sdk')).toEqual([402]);
          expect(await running.app.heard()).toEqual([
            expect.objectContaining({
              ...heardAs(framework, 'CreditsExhaustedError'),
              cause: 'APIError',
              causeStatus: 402,
            }),
          ]);
        });

        test("of Eden AI's own has the status that is configured for it", async () => {
          await start({ status: { credits: 503 } });
          running.eden.setBalance(0);
          expect(await statuses('/sdk', '/ask')).toEqual([503, 503]);
        });

        test('that the app wraps in an error of its own is still one', async () => {
          await start({ budgets: [DAY] });
          expect(await statuses('/ask?cost=0.01', '/wrapped')).toEqual([200, 402]);
        });

        test('that the app catches is what the SDK says it is', async () => {
          await start({ budgets: [DAY] });
          await get('/ask?cost=0.01');
          expect((await get('/handled')).body).toEqual({ status: 402, name: 'APIError' });
        });

        test("does not turn another error of the same request, nor another's 402, into ours", async () => {
          await start({ budgets: [DAY] });
          await get('/ask?cost=0.01');
          expect(await statuses('/unrelated')).toEqual([500]);
          expect(await running.app.heard()).toEqual([expect.objectContaining({ name: 'Error' })]);
          await get('/others');
          expect((await running.app.heard())[1]?.code).toBeUndefined();
        });

        test('after the first byte ends the answer there, as the framework does, and the process lives on', async () => {
          await start({ budgets: [DAY] });
          await get('/ask?cost=0.01');
          const signal = framework.leavesOpen ? AbortSignal.timeout(200) : null;
          const answer = fetch(`${running.url}/begun`, { signal }).then((begun) => begun.text());
          expect(await answer.catch(() => 'cut')).toMatch(/^(begun|cut)$/);
          expect(await statuses('/nothing')).toEqual([200]);
          expect(running.app.isAlive).toBe(true);
        });

        test('answers 503 while the ledger cannot be asked and the budget says so', async () => {
          await start({ budgets: [{ ...DAY, onLedgerError: 'refuse' }], isLedgerBroken: true });
          expect(await statuses('/ask?cost=0.01')).toEqual([503]);
        });
      });

      describe('a budget', () => {
        test('counts each tenant by itself', async () => {
          await start({ budgets: [PER_TENANT] });
          const ask = async (tenant: string) => (await get('/ask?cost=0.01', { 'x-tenant': tenant })).status;
          expect([await ask('acme'), await ask('acme'), await ask('globex')]).toEqual([200, 402, 200]);
        });

        test('trusts no header of the client unless the app does', async () => {
          await start({ budgets: [DAY] });
          const ask = async (tenant: string) => (await get('/ask?cost=0.01', { 'x-user-id': tenant })).status;
          expect([await ask('one'), await ask('two')]).toEqual([200, 402]);
        });

        test('of a route denies before its handler runs', async () => {
          await start({ budgets: [DAY] });
          expect(await statuses('/guarded?cost=0.01', '/guarded')).toEqual([200, 402]);
          expect(running.eden.books().requests).toBe(1);
        });

        test('that routes name counts on those alone', async () => {
          await start();
          expect(await statuses('/ask?cost=0.05', '/named?cost=0.01', '/named', '/ask')).toEqual([200, 200, 402, 200]);
        });

        test('that a route brings along is its own', async () => {
          await start();
          expect(await statuses('/inline?cost=0.01', '/inline', '/ask')).toEqual([200, 402, 200]);
        });

        test('is added to those that a route names besides', async () => {
          await start();
          expect(await statuses('/additive?cost=0.01', '/additive', '/named')).toEqual([200, 402, 402]);
        });

        test('can be asked for what is left, and to deny', async () => {
          await start({ budgets: [DAY] });
          expect((await get('/remaining')).body).toMatchObject({ budgets: [{ budget: 'day', remainingUsd: 0.01 }] });
          expect(await statuses('/check', '/ask?cost=0.01', '/check')).toEqual([200, 200, 402]);
        });
      });

      test('leaves fetch as it was when it is closed', async () => {
        await start();
        await get('/ask');
        expect(await running.stop()).toEqual({ isFetchRestored: true });
      });
    });
  });
}

/** In Nest, what is thrown is an HttpException: its own filters know it. */
const heardAs = ({ adapter }: Framework, kind: keyof typeof CODES) => ({
  name: adapter === 'nestjs' ? 'PaymentRequiredException' : kind,
  code: CODES[kind],
  status: 402,
});

interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: what an app answers
  readonly body: any;
}

function useApp(folder: string, program: string) {
  let eden: EdenStandIn;
  let app: AppProcess;
  let url: string | undefined;
  beforeAll(async () => {
    eden = await startEdenStandIn();
    app = await AppProcess.of(join(folder, program), folder, { EDEN_URL: eden.url });
  });
  const stop = async () => {
    url = undefined;
    return app.ask<{ isFetchRestored: boolean }>('stop');
  };
  afterEach(async () => {
    if (url !== undefined) await stop();
    app.forget();
    eden.reset();
  });
  afterAll(async () => {
    await app?.end();
    await eden?.close();
  });
  return {
    get app() {
      return app;
    },
    get eden() {
      return eden;
    },
    get url() {
      return url;
    },
    start: async (options: object = {}): Promise<void> => {
      ({ url } = await app.ask<{ url: string }>('start', options));
    },
    stop,
    get: async (path: string, headers: Record<string, string> = {}): Promise<Answer> => {
      const answer = await fetch(url + path, { headers });
      const text = await answer.text();
      const isJson = answer.headers.get('content-type')?.includes('json');
      return { status: answer.status, body: isJson ? JSON.parse(text) : text };
    },
  };
}
