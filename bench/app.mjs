// node app.mjs express|koa|nest bare|als|line|metered <base URL> [<header>=<value> ...]: each request makes one call, and answers
// with a part of what it got. Sends its port, and for each message the CPU that it has used. Ends with its parent.
import 'reflect-metadata';
import { AsyncLocalStorage } from 'node:async_hooks';
import http from 'node:http';
import { pino } from 'pino';

const [framework, variant, baseUrl, ...headers] = process.argv.slice(2);
const isMetered = variant === 'metered';

const REQUEST = { req: { id: '2c7f8c3b-0f3b-4f0c-9f0e-6a4d2c6c1b1a', method: 'GET', route: '/ask' } };
const COSTS = {
  ...{ costUsd: 0.00001905, costNanos: 19050, calls: 1, failedCalls: 0, deniedCalls: 0, unpricedCalls: 0 },
  ...{ models: ['openai/gpt-4o'], inputTokens: 35, outputTokens: 23, basis: 'reported', labels: { tenant: 'acme' } },
  ...{ aborted: false, late: false },
};

const around = aroundRequest();

const CALL = {
  method: 'POST',
  headers: {
    'content-type': 'application/json',
    authorization: 'Bearer bench',
    ...Object.fromEntries(headers.map((header) => header.split(/=(.*)/s))),
  },
  body: JSON.stringify({ model: 'openai/gpt-4o', messages: [{ role: 'user', content: 'x'.repeat(200) }] }),
};

async function ask() {
  const answer = await fetch(`${baseUrl}/chat/completions`, CALL);
  if (!answer.ok) throw new Error(`the upstream answered ${answer.status}`);
  const { choices, usage } = await answer.json();
  return { text: choices[0].message.content, tokens: usage.completion_tokens };
}

/** What a request is answered within: an empty context, or one with a line as long as the meter's; nothing for any other. */
function aroundRequest() {
  if (variant !== 'als' && variant !== 'line') return undefined;
  const storage = new AsyncLocalStorage();
  if (variant === 'als') return (_res, next) => storage.run({}, next);
  const log = pino();
  return (res, next) => {
    const startedAt = Date.now();
    res.on('finish', () => {
      const fields = { ...REQUEST, res: { statusCode: res.statusCode }, responseTime: Date.now() - startedAt };
      log.info({ ...fields, edenai: COSTS }, 'edenai request cost');
    });
    return storage.run({}, next);
  };
}

/** Lines are written as they are by default; the standard output of this process leads to nowhere. */
const options = {
  baseUrls: [new URL(baseUrl).origin],
  labels: () => ({ tenant: 'acme' }),
  rateCard: false,
  budgets: [{ name: 'day', limitUsd: 1e6, window: 'day', by: 'tenant', estimateUsd: 0.001 }],
};

const FRAMEWORKS = {
  async express() {
    const { default: express } = await import('express');
    const app = express();
    if (around) app.use((_req, res, next) => around(res, next));
    if (isMetered) app.use((await import('@eden-cost/express')).costAware(options));
    app.get('/ask', async (_req, res) => void res.json(await ask()));
    return http.createServer(app);
  },
  async koa() {
    const { default: Koa } = await import('koa');
    const app = new Koa();
    if (around) app.use((ctx, next) => around(ctx.res, next));
    if (isMetered) app.use((await import('@eden-cost/koa')).costAware(options));
    app.use(async (ctx) => {
      ctx.body = await ask();
    });
    return http.createServer(app.callback());
  },
  async nest() {
    const { Controller, Get, Module } = await import('@nestjs/common');
    const { NestFactory } = await import('@nestjs/core');
    class AskController {
      ask() {
        return ask();
      }
    }
    Controller()(AskController);
    Get('ask')(AskController.prototype, 'ask', Object.getOwnPropertyDescriptor(AskController.prototype, 'ask'));
    class AppModule {}
    const imports = isMetered ? [(await import('@eden-cost/nestjs')).CostModule.forRoot(options)] : [];
    Module({ imports, controllers: [AskController] })(AppModule);
    const app = await NestFactory.create(AppModule);
    if (around) app.use((_req, res, next) => around(res, next));
    await app.init();
    return app.getHttpServer();
  },
};

const server = await FRAMEWORKS[framework]();
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => process.send(server.address().port));
process.on('message', () => process.send(process.cpuUsage()));
process.on('disconnect', () => process.exit());
