import { type CostAwareOptions, costAware, costErrors, type Meter } from '@eden-cost/express';
import express, { type Application, type RequestHandler } from 'express';
import OpenAI from 'openai';

export interface AppOptions {
  /** Eden AI, as an OpenAI client takes it. */
  readonly baseUrl?: string;
  readonly apiKey: string;
  /** Replaces options of `costAware`, e.g. `logger` or `budgets`. */
  readonly cost?: CostAwareOptions;
}

declare global {
  namespace Express {
    interface Request {
      user?: { id: string; tenantId: string };
    }
  }
}

/** An app for two tenants, each with a budget of its own for a day. */
export function createApp({ baseUrl = 'https://api.edenai.run/v3', apiKey, cost }: AppOptions): {
  app: Application;
  meter: Meter;
} {
  const openai = new OpenAI({ baseURL: baseUrl, apiKey });
  const app = express();

  const metered = costAware({
    baseUrls: [baseUrl],
    // read when the first call needs them: by then, authenticate() has run
    labels: (req) => ({ tenant: req.user?.tenantId }),
    budgets: [
      { name: 'tenant-daily', limitUsd: 5, window: 'day', by: 'tenant' },
      { name: 'one-request', limitUsd: 0.25, window: 'request' },
    ],
    ...cost,
  });
  app.use(metered);
  app.use(authenticate);
  app.use(express.json());

  // one call for each question: together they are held to the budget of one request
  app.post('/ask', async (req, res) => {
    const texts = [];
    for (const question of [req.body.question].flat()) {
      const answer = await openai.chat.completions.create({
        model: 'openai/gpt-4o-mini',
        messages: [{ role: 'user', content: String(question) }],
        max_tokens: 60,
      });
      texts.push(answer.choices[0]?.message.content);
    }
    res.json({ texts, costUsd: req.costs.totalUsd });
  });

  app.post('/embed', async (req, res) => {
    const response = await fetch(`${baseUrl}/embeddings`, {
      method: 'POST',
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'openai/text-embedding-3-small', input: String(req.body.text) }),
    });
    if (!response.ok) return void res.sendStatus(502);
    const { data } = (await response.json()) as { data: { embedding: number[] }[] };
    res.json({ dimensions: data[0]?.embedding.length, costUsd: req.costs.totalUsd });
  });

  app.get('/budget', async (req, res) => {
    res.json(await req.costs.remaining('tenant-daily'));
  });

  app.use(costErrors());
  return { app, meter: metered.meter };
}

const USERS: Record<string, string> = { ann: 'acme', ben: 'globex' };

/** Stands in for a session or a token: `x-user: ann`. Never take a tenant from a header that the client may choose. */
const authenticate: RequestHandler = (req, res, next) => {
  const id = req.get('x-user') ?? '';
  const tenantId = Object.hasOwn(USERS, id) ? USERS[id] : undefined;
  if (tenantId === undefined) return void res.sendStatus(401);
  req.user = { id, tenantId };
  next();
};
