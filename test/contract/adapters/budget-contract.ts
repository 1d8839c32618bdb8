import type { RunningApp } from './use-app.js';

const DAY = { name: 'day', limitUsd: 0.01, window: 'day' } as const;
const PER_TENANT = { ...DAY, by: 'tenant' } as const;

/** Which calls a budget counts, and where it denies. */
export function describeBudgets(running: RunningApp): void {
  const { start, get, statuses } = running;

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
}
