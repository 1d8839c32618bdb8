import { type CostAwareOptions, costAware, isBudgetExceeded, type Meter, withBudget } from '@eden-cost/express';
import express, { type Application, type ErrorRequestHandler } from 'express';
import OpenAI from 'openai';

export interface AppOptions {
  /** Eden AI, as an OpenAI client takes it. */
  readonly baseUrl?: string;
  readonly apiKey: string;
  /** Replaces options of `costAware`, e.g. `logger` or `budgets`. */
  readonly cost?: CostAwareOptions;
}

/** An app that streams answers on to its client as server-sent events, and ends each stream with its cost. */
export function createApp({ baseUrl = 'https://api.edenai.run/v3', apiKey, cost }: AppOptions): {
  app: Application;
  meter: Meter;
} {
  const openai = new OpenAI({ baseURL: baseUrl, apiKey });
  const app = express();

  const metered = costAware({
    baseUrls: [baseUrl],
    budgets: [{ name: 'daily', limitUsd: 5, window: 'day' }],
    ...cost,
  });
  app.use(metered);
  app.use(express.json());

  // withBudget(): a 402 before the first byte; once a stream has begun it could only break off
  app.post('/stream', withBudget(), async (req, res) => {
    const gone = new AbortController();
    res.once('close', () => gone.abort());

    const stream = await openai.chat.completions.create(
      {
        model: 'openai/gpt-4o-mini',
        messages: [{ role: 'user', content: String(req.body.question) }],
        max_tokens: 60,
        stream: true,
      },
      { signal: gone.signal }, // nobody reads on: Eden AI stops, and so does the cost
    );

    res.type('text/event-stream').set('cache-control', 'no-cache').flushHeaders();
    for await (const chunk of stream) {
      const text = chunk.choices[0]?.delta?.content;
      if (text) res.write(`data: ${JSON.stringify({ text })}\n\n`);
    }
    // the cost came with the last event that the stream had, and is in the scope before the loop ends
    res.end(`event: cost\ndata: ${JSON.stringify({ costUsd: req.costs.totalUsd })}\n\n`);
  });

  app.use(answerErrors);
  return { app, meter: metered.meter };
}

/** The app's own error middleware gets the typed error, whichever client made the call. */
const answerErrors: ErrorRequestHandler = (error, _req, res, next) => {
  if (res.destroyed) return; // a client that goes away is no error
  if (!isBudgetExceeded(error) || res.headersSent) return next(error);
  res.status(error.status).set(error.headers).json({ message: 'That was all for today.' });
};
