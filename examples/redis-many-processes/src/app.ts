import { costAware, costErrors, type Meter } from '@eden-cost/express';
import { redisLedger } from '@eden-cost/redis';
import express, { type Application } from 'express';
import type { Redis } from 'ioredis';
import OpenAI from 'openai';

export interface AppOptions {
  /** Eden AI, as an OpenAI client takes it. */
  readonly baseUrl?: string;
  readonly apiKey: string;
  readonly redis: Redis;
}

/** One process of several: whichever of them a request comes to, it draws on the same budget. */
export function createApp({ baseUrl = 'https://api.edenai.run/v3', apiKey, redis }: AppOptions): {
  app: Application;
  meter: Meter;
} {
  const openai = new OpenAI({ baseURL: baseUrl, apiKey });
  const app = express();
  const metered = costAware({
    baseUrls: [baseUrl],
    ledger: redisLedger(redis),
    budgets: [{ name: 'monthly', limitUsd: 5, window: 'month' }],
  });
  app.use(metered);
  app.use(express.json());

  app.post('/ask', async (req, res) => {
    const answer = await openai.chat.completions.create({
      model: 'openai/gpt-4o-mini',
      messages: [{ role: 'user', content: String(req.body.question) }],
      max_tokens: 60,
    });
    res.json({ text: answer.choices[0]?.message.content, costUsd: req.costs.totalUsd });
  });

  app.get('/budget', async (req, res) => {
    res.json(await req.costs.remaining('monthly'));
  });

  app.use(costErrors());
  return { app, meter: metered.meter };
}
