import { type CostAwareOptions, costAware, costErrors, withBudget } from '@eden-cost/express';
import { costAware as koaCostAware, withBudget as koaWithBudget } from '@eden-cost/koa';
import { Budget, COST_METER, CostModule, type Meter, type MeterOptions } from '@eden-cost/nestjs';
import Router from '@koa/router';
import { Controller, Get, Module, Sse, type Type } from '@nestjs/common';
import { type AbstractHttpAdapter, NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import express, { type Express } from 'express';
import Koa from 'koa';
import { from, map } from 'rxjs';
import { serve } from '../support/serve.js';

/** What a handler asks Eden AI: a chat's whole answer, or a stream's chunks. */
export interface Asks {
  chat(): Promise<string>;
  stream(): AsyncIterable<string>;
}

export interface RunningApp {
  readonly url: string;
  readonly meter: Meter;
  /** Also of its meter. */
  close(): Promise<unknown>;
}

/** What an app has beside its routes. */
export interface Extras {
  readonly express?: (app: Express, meter: Meter) => void;
  readonly koa?: (app: Koa, meter: Meter) => void;
  readonly nest?: readonly Type[];
}

/**
 * `/ask` answers with a chat; `/stream` begins to answer, behind `withBudget()`, before it asks for a stream: what goes wrong
 * then is no status any more.
 */
type StartApp = (asks: Asks, options: MeterOptions & CostAwareOptions, extras?: Extras) => Promise<RunningApp>;

const STATUS = { credits: 503 };

const onExpress: StartApp = async ({ chat, stream }, options, extras) => {
  const handler = costAware({ ...options, status: STATUS });
  const app = express().set('env', 'test');
  extras?.express?.(app, handler.meter);
  app.use(handler);
  app.get('/ask', async (_req, res) => void res.send(await chat()));
  app.get('/stream', withBudget(), async (_req, res) => {
    res.type('text/event-stream').flushHeaders();
    for await (const chunk of stream()) res.write(chunk);
    res.end();
  });
  app.use(costErrors());
  const { url, close } = await serve(app);
  return { url, meter: handler.meter, close: () => close().then(() => handler.meter.close({ timeoutMs: 0 })) };
};

const onKoa: StartApp = async ({ chat, stream }, options, extras) => {
  const handler = koaCostAware({ ...(options as MeterOptions), status: STATUS });
  const { meter } = handler;
  const app = new Koa();
  app.silent = true;
  extras?.koa?.(app, meter);
  app.use(handler);
  const router = new Router()
    .get('/ask', async (ctx) => {
      ctx.body = await chat();
    })
    .get('/stream', koaWithBudget(), async (ctx) => {
      ctx.respond = false;
      ctx.res.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
      for await (const chunk of stream()) ctx.res.write(chunk);
      ctx.res.end();
    });
  app.use(router.routes());
  const { url, close } = await serve(app.callback());
  return { url, meter, close: () => close().then(() => meter.close({ timeoutMs: 0 })) };
};

const onNest =
  (adapter: () => AbstractHttpAdapter): StartApp =>
  async ({ chat, stream }, options, extras) => {
    @Controller()
    class Users {
      @Get('ask')
      ask() {
        return chat();
      }

      @Sse('stream')
      @Budget()
      stream() {
        return from(stream()).pipe(map((data) => ({ data })));
      }
    }

    @Module({
      imports: [CostModule.forRoot({ ...(options as MeterOptions), status: STATUS })],
      controllers: [Users, ...(extras?.nest ?? [])],
    })
    class AppModule {}

    const app = await NestFactory.create(AppModule, adapter(), { logger: false, forceCloseConnections: true });
    await app.listen(0, '127.0.0.1');
    const url = (await app.getUrl()).replace('localhost', '127.0.0.1');
    return { url, meter: app.get<Meter>(COST_METER), close: () => app.close() };
  };

/** One app in each framework. */
export const APPS: Readonly<Record<string, StartApp>> = {
  Express: onExpress,
  Koa: onKoa,
  'Nest on Express': onNest(() => new ExpressAdapter()),
  'Nest on Fastify': onNest(
    () => new FastifyAdapter({ forceCloseConnections: true }) as unknown as AbstractHttpAdapter,
  ),
};
