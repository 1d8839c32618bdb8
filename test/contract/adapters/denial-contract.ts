import { rawRequest } from '../../support/raw-http.js';
import type { Framework } from './cells.js';
import type { RunningApp } from './use-app.js';

const DAY = { name: 'day', limitUsd: 0.01, window: 'day' } as const;
const PER_TENANT = { ...DAY, by: 'tenant' } as const;

const CODES = {
  BudgetExceededError: 'ERR_COST_BUDGET_EXCEEDED',
  CreditsExhaustedError: 'ERR_COST_CREDITS_EXHAUSTED',
} as const;

/** Without those that the framework, or Node, gives every answer, and without `no-store`, which a problem has. */
const ownHeaders = (headers: Readonly<Record<string, string>>): string[] =>
  Object.entries(headers)
    .filter(
      ([name]) =>
        !/^(cache-control|connection|content-.+|date|etag|keep-alive|transfer-encoding|vary|x-powered-by|x-content-type-options)$/.test(
          name,
        ),
    )
    .map(([name, value]) => `${name}: ${value}`)
    .sort();

/** In Nest, what is thrown is an HttpException: its own filters know it. */
const heardAs = ({ adapter }: Framework, kind: keyof typeof CODES) => ({
  name: adapter === 'nestjs' ? 'PaymentRequiredException' : kind,
  code: CODES[kind],
  status: 402,
});

/** What an app and its clients get when a call cannot be paid for. */
export function describeDenials(running: RunningApp, framework: Framework): void {
  const { start, get, statuses } = running;

  describe('a denial', () => {
    test.each(['/ask?cost=0.01', '/sdk?cost=0.01'])(
      "of %s is the framework's own 402, and its hook gets the typed error once",
      async (path) => {
        await start({ budgets: [DAY] });
        expect(await statuses(path, path)).toEqual([200, 402]);
        expect(await running.app.heard()).toEqual([expect.objectContaining(heardAs(framework, 'BudgetExceededError'))]);
        expect(running.eden.books().requests).toBe(1);
      },
    );

    test('says nothing private, and has no header of ours but when to come back', async () => {
      await start({ budgets: [{ ...PER_TENANT, name: 'canary-budget' }] });
      const headers = { 'x-tenant': 'canary-tenant' };
      await get('/ask?cost=0.01', headers);
      const denied = await rawRequest(`${running.url}/ask`, { headers });
      expect(denied.status).toBe(402);
      expect(denied.text).not.toMatch(/canary/i);
      expect(ownHeaders(denied.headers)).toEqual([expect.stringMatching(/^retry-after: \d+$/)]);
    });

    test.each(['/ask', '/sdk'])("of Eden AI's own, for %s, passes on nothing that Eden AI said", async (path) => {
      await start();
      const told = { 'set-cookie': 'canary=1', 'x-account-balance': 'canary', 'retry-after': '9' };
      running.eden.script({ status: 402, errorShape: 'balance', chunked: true, headers: told });
      const denied = await rawRequest(running.url + path);
      expect(denied.status).toBe(402);
      expect(denied.text).not.toMatch(/canary|credits available|balance/i);
      expect(ownHeaders(denied.headers)).toEqual([]);
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
      expect((await running.app.heard())[1]).toEqual({ name: 'Error', status: 402 });
    });

    test('after the first byte ends the answer there, as the framework does, and the process lives on', async () => {
      await start({ budgets: [DAY] });
      await get('/ask?cost=0.01');
      const signal = framework.leavesOpen ? AbortSignal.timeout(200) : null;
      const answer = fetch(`${running.url}/begun`, { signal }).then((begun) => begun.text());
      expect(await answer.catch(() => 'cut')).toMatch(/^(begun|cut)$/);
      expect(await statuses('/nothing')).toEqual([200]);
      expect(running.app.isAlive).toBe(true);
      expect((await running.app.linesOf(2))[1]?.edenai).toMatchObject({ calls: 0, deniedCalls: 1 });
    });

    test('answers 503 while the ledger cannot be asked and the budget says so', async () => {
      await start({ budgets: [{ ...DAY, onLedgerError: 'refuse' }], isLedgerBroken: true });
      expect(await statuses('/ask?cost=0.01')).toEqual([503]);
    });

    test('answers 503 when a handler asks a ledger that cannot be asked, with no line of our code', async () => {
      await start({ budgets: [DAY], isLedgerBroken: true });
      const { status, body } = await get('/remaining');
      expect(status).toBe(503);
      expect(JSON.stringify(body)).not.toMatch(/eden-cost[\\/]|node_modules/);
    });
  });
}
