import type { Meter, MeterOptions } from '@eden-cost/core';
import type { Type } from '@nestjs/common';
import type { Express } from 'express';
import type Koa from 'koa';
import { brokenLedger } from '../support/broken-ledger.js';
import { CHAT, postInit } from '../support/calls.js';
import { recipe, recipeModule } from '../support/recipe.js';
import { turnsUntil } from '../support/turns.js';
import { BALANCE_PATH, INTERVAL_MS, KEY, useWatchedEden } from '../support/watched-eden.js';
import { APPS, type Extras, type RunningApp } from './apps.js';

const start = useWatchedEden();

const PAGE = 'docs/operations.md';

/** The recipes of the docs. */
const RECIPES: Readonly<Record<string, () => Promise<Extras>>> = {
  async Express() {
    const mount = await recipe<{ app: Express; meter: Meter }>(PAGE, "app.get('/ready'", ['app', 'meter']);
    return { express: (app, meter) => mount({ app, meter }) };
  },
  async Koa() {
    const make = await recipe<{ meter: Meter }>(PAGE, "ctx.path !== '/ready'", ['meter']);
    return { koa: (app, meter) => app.middleware.push(...(make({ meter }) as Koa).middleware) };
  },
  'Nest on Express': nest,
  'Nest on Fastify': nest,
};

async function nest(): Promise<Extras> {
  const { ReadyController } = await recipeModule<{ ReadyController: Type }>('docs/nestjs.md', 'class ReadyController');
  return { nest: [ReadyController] };
}

let app: RunningApp | undefined;
afterEach(async () => {
  await app?.close();
  app = undefined;
});

describe.each(Object.keys(RECIPES))('the readiness probe of an app in %s', (framework) => {
  async function serve(balanceUsd: number, options: MeterOptions = {}) {
    const extras = await RECIPES[framework]?.();
    let base = '';
    const chat = async () => {
      const init = postInit(CHAT, { headers: { authorization: `Bearer ${KEY}` } });
      return (await fetch(`${base}/chat/completions`, init)).text();
    };
    const asks = { chat, stream: async function* () {} };
    const watched = await start({ balanceUsd }, { logger: false, ...options }, async (all) => {
      app = await APPS[framework]?.(asks, all, extras);
      return (app as RunningApp).meter;
    });
    base = watched.eden.baseUrl;
    const get = async (path: string) => (await fetch(app?.url + path)).status;
    return { ...watched, ask: () => get('/ask'), ready: () => get('/ready') };
  }

  it('fails while the balance is gone, and is well again by itself when credits are bought', async () => {
    const { eden, ready, nextRead } = await serve(0);
    expect(await ready()).toBe(503);
    eden.topUp(5);
    await nextRead();
    expect(await ready()).toBe(200);
  });

  it('is well while the ledger is down, since calls go on', async () => {
    const { meter, ready, ask } = await serve(5, {
      ledger: brokenLedger(),
      budgets: [{ name: 'all', limitUsd: 10, window: 'day' }],
    });
    expect((await meter.health()).status).toBe('degraded');
    expect([await ready(), await ask()]).toEqual([200, 200]);
  });

  it('keeps nobody out for ever where only a call would tell that credits were bought', async () => {
    const { eden, clock, errors, ready, ask } = await serve(5);
    eden.script({ match: { path: BALANCE_PATH }, status: 500, times: Number.POSITIVE_INFINITY });
    clock.advance(3 * INTERVAL_MS + 1);
    await turnsUntil(() => errors.length === 1);
    eden.setBalance(0);
    expect(await ready()).toBe(200);
    expect([await ask(), await ready()]).toEqual([503, 503]);
    clock.advance(5_000);
    expect(await ready()).toBe(200);
    expect([await ask(), await ready()]).toEqual([503, 503]);
    eden.topUp(5);
    clock.advance(5_000);
    expect([await ready(), await ask(), await ready()]).toEqual([200, 200, 200]);
  });
});
