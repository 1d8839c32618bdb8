import type { Budget, Ledger, LogLine } from '@eden-cost/core';
import { createApp as createExpressApp } from '@eden-cost/example-express-basic';
import { createApp as createKoaApp } from '@eden-cost/example-koa-basic';
import { AppModule } from '@eden-cost/example-nestjs-basic';
import { COST_METER, type Meter } from '@eden-cost/nestjs';
import { NestFactory } from '@nestjs/core';
import { type AppRequest, ServedApp } from './served-app.js';

/** What each of the examples is started with. */
export interface Settings {
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly cost: { readonly logger: (line: LogLine) => void; readonly budgets: Budget[]; readonly ledger: Ledger };
}

/** An example that shows one framework. */
export interface Framework {
  readonly name: string;
  /** Where the app is, and the line that meters it. */
  readonly title: string;
  /** How it answers a denial. */
  readonly denial: string;
  start(settings: Settings): Promise<ServedApp>;
  /** The request that asks the app this question. */
  ask(question: string): AppRequest;
}

export const EXPRESS: Framework = {
  name: 'Express',
  title: 'Express: examples/express-basic, with app.use(costAware({ labels, budgets }))',
  denial: "Express's own 402, by its error middleware costErrors()",
  start: (settings) => ServedApp.start(createExpressApp(settings)),
  ask: (question) => ({ method: 'POST', path: '/ask', body: { question } }),
};

export const KOA: Framework = {
  name: 'Koa',
  title: 'Koa: examples/koa-basic, with app.use(costAware({ labels, budgets }))',
  denial: "Koa's own 402 (problemJson: true makes it problem+json, as the example does)",
  start: ({ cost, ...settings }) =>
    ServedApp.start(createKoaApp({ ...settings, cost: { ...cost, problemJson: false } })),
  ask: (question) => ({ method: 'GET', path: `/ask?${new URLSearchParams({ question })}` }),
};

/** A route of the NestJS app names it. */
const SUMMARIES: Budget = { name: 'summaries', limitUsd: 0.001, window: 'day', by: 'tenant', routes: 'named' };

export const NESTJS: Framework = {
  name: 'NestJS',
  title: 'NestJS: examples/nestjs-basic, with CostModule.forRoot({ labels, budgets })',
  denial: "NestJS's own 402, an HttpException",
  start: async ({ cost, ...settings }) => {
    const budgets = [...cost.budgets, SUMMARIES];
    const root = AppModule.forRoot({ ...settings, cost: { ...cost, budgets } });
    const app = await NestFactory.create(root, { logger: false, forceCloseConnections: true });
    await app.listen(0, '127.0.0.1');
    return new ServedApp(await app.getUrl(), app.get<Meter>(COST_METER), () => app.close());
  },
  ask: (question) => ({ method: 'POST', path: '/ask', body: { questions: [question] } }),
};
