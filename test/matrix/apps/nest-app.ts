import 'reflect-metadata';
import { Readable } from 'node:stream';
import { COST_METER, CostModule } from '@eden-cost/nestjs';
import { type ArgumentsHost, Catch, Controller, Get, Module, StreamableFile } from '@nestjs/common';
import { type AbstractHttpAdapter, APP_FILTER, BaseExceptionFilter, NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { type StartApp, USER } from '../app.js';

/** Its filter is as Sentry's `SentryGlobalFilter`. */
const startNest =
  (platform: AbstractHttpAdapter): StartApp =>
  async ({ options, routes, heard }) => {
    class Handlers {}
    const methods = Handlers.prototype as Record<string, unknown>;
    routes.forEach(({ path, answer, parts }, index) => {
      const name = `handle${index}`;
      methods[name] = () => (parts ? new StreamableFile(Readable.from(parts(), { objectMode: false })) : answer?.());
      Get(path)(methods, name, Object.getOwnPropertyDescriptor(methods, name) as PropertyDescriptor);
    });
    Controller()(Handlers);

    class Listening extends BaseExceptionFilter {
      override catch(error: unknown, host: ArgumentsHost): void {
        heard('app', error);
        super.catch(error, host);
      }
    }
    Catch()(Listening);

    class AppModule {}
    Module({
      imports: [
        CostModule.forRoot({
          ...options,
          labels: (context) => ({ tenant: context.switchToHttp().getRequest().headers[USER] }),
        }),
      ],
      controllers: [Handlers],
      providers: [{ provide: APP_FILTER, useClass: Listening }],
    })(AppModule);
    const app = await NestFactory.create(AppModule, platform, { forceCloseConnections: true });
    await app.listen(0, '127.0.0.1');
    return { url: (await app.getUrl()).replace('[::1]', '127.0.0.1'), meter: app.get(COST_METER) };
  };

export const startNestOnExpress = startNest(new ExpressAdapter());
export const startNestOnFastify = startNest(new FastifyAdapter() as unknown as AbstractHttpAdapter);
