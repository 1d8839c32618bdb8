import { type CostAwareOptions, costAware, costErrors, type Meter } from '@eden-cost/express';
import express, { type Application, Router } from 'express';
import OpenAI from 'openai';
import { accountRoutes } from './account-routes.js';
import { adminRoutes } from './admin-routes.js';
import { aiRoutes } from './ai-routes.js';
import { authenticate } from './auth.js';
import { budgetsFrom } from './budgets.js';
import { Database } from './db.js';
import { Statements } from './statements.js';

export interface AppOptions {
  /** Eden AI, as an OpenAI client takes it. */
  readonly baseUrl?: string;
  readonly apiKey: string;
  /** Replaces options of `costAware`, e.g. `logger` or `budgets`. */
  readonly cost?: CostAwareOptions;
}

/** A SaaS: tenants with plans, teams in them, and users of those. */
export function createApp({ baseUrl = 'https://api.edenai.run/v3', apiKey, cost }: AppOptions): {
  app: Application;
  meter: Meter;
} {
  const db = new Database();
  const openai = new OpenAI({ baseURL: baseUrl, apiKey });
  const app = express();

  const metered = costAware({
    baseUrls: [baseUrl],
    // read when a budget is first asked: by then, the router's authenticate() has run
    labels: ({ user }) => ({ tenant: user?.tenantId, team: user?.teamId }),
    budgets: budgetsFrom(db),
    status: { credits: 503 }, // visitors cannot pay the operator's bill at Eden AI
    ...cost,
  });
  app.use(metered);

  const api = Router();
  api.use(authenticate(db));
  api.use(express.json());
  api.use(aiRoutes(openai));
  api.use(accountRoutes(db));
  api.use('/admin', adminRoutes(new Statements(metered.meter)));
  app.use('/api', api);

  app.use(costErrors());
  return { app, meter: metered.meter };
}
