import { Readable } from 'node:stream';
import { type CostAwareOptions, costAware, type Meter, withBudget } from '@eden-cost/koa';
import Router from '@koa/router';
import Koa, { type Context, type Middleware } from 'koa';
import OpenAI from 'openai';

export interface AppOptions {
  /** Eden AI, as an OpenAI client takes it. */
  readonly baseUrl?: string;
  readonly apiKey: string;
  /** Replaces options of `costAware`, e.g. `logger` or `budgets`. */
  readonly cost?: CostAwareOptions;
}

/** An app for two tenants, each with a budget of its own for a day. */
export function createApp({ baseUrl = 'https://api.edenai.run/v3', apiKey, cost }: AppOptions): {
  app: Koa;
  meter: Meter;
} {
  const openai = new OpenAI({ baseURL: baseUrl, apiKey });
  const app = new Koa();

  const metered = costAware({
    baseUrls: [baseUrl],
    problemJson: true,
    // read when the first call needs them: by then, authenticate() has run
    labels: (ctx) => ({ tenant: ctx.state.user?.tenantId }),
    budgets: [
      { name: 'tenant-daily', limitUsd: 5, window: 'day', by: 'tenant' },
      { name: 'one-request', limitUsd: 0.25, window: 'request' },
    ],
    ...cost,
  });
  app.use(metered);

  const router = new Router();
  router.use(authenticate);

  // one call for each question: together they are held to the budget of one request
  router.get('/ask', async (ctx) => {
    const texts = [];
    for (const question of [ctx.query.question].flat()) {
      const answer = await openai.chat.completions.create(chat(question));
      texts.push(answer.choices[0]?.message.content);
    }
    ctx.body = { texts, costUsd: ctx.costs.totalUsd };
  });

  // withBudget(): a 402 before the first byte; once a stream has begun it could only break off
  router.get('/stream', withBudget(), async (ctx) => {
    const stream = await openai.chat.completions.create({ ...chat(ctx.query.question), stream: true });
    ctx.type = 'text/event-stream';
    ctx.body = Readable.from(events(ctx, stream));
  });

  router.get('/budget', async (ctx) => {
    ctx.body = await ctx.costs.remaining('tenant-daily');
  });

  app.use(router.routes());
  return { app, meter: metered.meter };
}

const chat = (question: string | string[] | undefined) => ({
  model: 'openai/gpt-4o-mini',
  messages: [{ role: 'user' as const, content: String(question) }],
  max_tokens: 60,
});

/** The parts of the text, and at last what they cost. */
async function* events(ctx: Context, chunks: AsyncIterable<OpenAI.ChatCompletionChunk>): AsyncGenerator<string> {
  for await (const chunk of chunks) {
    const text = chunk.choices[0]?.delta?.content;
    if (text) yield `data: ${JSON.stringify({ text })}\n\n`;
  }
  yield `event: cost\ndata: ${JSON.stringify({ costUsd: ctx.costs.totalUsd })}\n\n`;
}

const USERS: Record<string, string> = { ann: 'acme', ben: 'globex' };

/** Stands in for a session or a token: `x-user: ann`. Never take a tenant from a header that the client may choose. */
const authenticate: Middleware = async (ctx, next) => {
  const id = ctx.get('x-user');
  const tenantId = Object.hasOwn(USERS, id) ? USERS[id] : undefined;
  if (tenantId === undefined) ctx.throw(401);
  ctx.state.user = { id, tenantId };
  await next();
};
