import { CANARIES } from '../support/canaries.js';
import type { StartApp } from './app.js';
import type { Cell, Plain } from './cell.js';
import { type Asker, CLIENTS, type ClientName } from './client-names.js';
import { startEden, UNPAID } from './eden-answers.js';
import { factsOf } from './error-facts.js';
import { KIND_NAMES, type KindName } from './kinds.js';
import { libraryAskers } from './library-askers.js';
import { sdkAskers } from './sdk-askers.js';

const FRAMEWORKS = {
  'Express 5': async () => (await import('./apps/express-app.js')).startExpress,
  'Koa 3': async () => (await import('./apps/koa-app.js')).startKoa,
  'Nest 12 on Express': async () => (await import('./apps/nest-app.js')).startNestOnExpress,
  'Nest 12 on Fastify': async () => (await import('./apps/nest-app.js')).startNestOnFastify,
} satisfies Record<string, () => Promise<StartApp>>;

export type Framework = keyof typeof FRAMEWORKS;

/** What this program sends to its parent. */
export interface Matrix {
  readonly plain: Record<ClientName, Plain>;
  readonly cells: Record<ClientName, Record<KindName, Cell>>;
  /** What would have ended the process. */
  readonly unhandled: readonly string[];
}

const unhandled: string[] = [];
for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
  process.on(event, (error: unknown) => unhandled.push(`${event}: ${(error as Error).stack}`));
}

const eden = await startEden();
// clients at the top of an app are there before the adapter is loaded
const askers = askersFor(eden.baseUrl);
const plain = await plainly();
const { Driver } = await import('./driver.js');
const driver = new Driver(eden, askers);
const start = await FRAMEWORKS[process.argv[2] as Framework]();
const { url, meter } = await start({
  ...{ routes: driver.routes, heard: driver.heard },
  options: {
    baseUrls: [eden.url],
    rateCard: false,
    circuit: false, // each client is to meet Eden AI's own 402
    budgets: [
      {
        name: CANARIES.budget,
        limitUsd: CANARIES.limitUsd,
        window: 'day',
        by: 'tenant',
        estimateUsd: CANARIES.limitUsd,
      },
    ],
    status: process.env.NODE_ENV === 'production' ? { credits: 503 } : {},
  },
});
meter.on('denied', driver.denied);
await driver.spend(url, 'openai 6');

const cells = {} as Matrix['cells'];
for (const client of CLIENTS) {
  const row = {} as Record<KindName, Cell>;
  for (const kind of KIND_NAMES) row[kind] = await driver.drive(url, client, kind);
  cells[client] = row;
}
process.send?.({ plain, cells, unhandled } satisfies Matrix, undefined, {}, () => process.exit());

function askersFor(baseURL: string): Record<ClientName, Asker> {
  return { ...sdkAskers(baseURL), ...libraryAskers(baseURL) };
}

async function plainly(): Promise<Matrix['plain']> {
  const other = await startEden();
  const results = {} as Matrix['plain'];
  for (const [client, ask] of Object.entries(askersFor(other.baseUrl))) {
    const before = other.books().requests;
    const caught = await ask(UNPAID).then(
      () => undefined,
      (error: unknown) => factsOf(error),
    );
    results[client as ClientName] = { caught, received: other.books().requests - before };
  }
  return results;
}
