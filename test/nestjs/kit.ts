import { CostModule, type CostModuleExtras, type CostModuleOptions, type LogLine } from '@eden-cost/nestjs';
import { type INestApplication, type MiddlewareConsumer, Module, type ModuleMetadata } from '@nestjs/common';
import { type AbstractHttpAdapter, NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { CostLine } from '../support/cost-aware.js';
import { useStandIn } from '../support/stand-in.js';

export const PLATFORMS = ['Express', 'Fastify'] as const;
export type Platform = (typeof PLATFORMS)[number];

const ADAPTERS: Record<Platform, () => AbstractHttpAdapter> = {
  Express: () => new ExpressAdapter(),
  Fastify: () => new FastifyAdapter({ forceCloseConnections: true }) as unknown as AbstractHttpAdapter,
};

export interface NestOptions extends ModuleMetadata {
  readonly cost?: CostModuleOptions & CostModuleExtras;
  /** In front of the `CostModule`; `imports` come behind it. */
  readonly importsBefore?: ModuleMetadata['imports'];
  /** Of the app's own module. */
  readonly middleware?: (consumer: MiddlewareConsumer) => void;
  /** Before it listens. */
  readonly prepare?: (app: INestApplication) => void;
}

/** A stand-in, apps with a `CostModule`, and what they logged, for one test file. */
export function useNest(platform: Platform = 'Express') {
  const standIn = useStandIn();
  const apps: INestApplication[] = [];
  const lines: LogLine[] = [];
  afterEach(async () => {
    for (const app of apps.splice(0).reverse()) await app.close();
    lines.length = 0;
  });
  return {
    get eden() {
      return standIn.eden;
    },
    lines,
    costLines: () => lines.filter(({ msg }) => msg === 'edenai request cost') as CostLine[],
    /** Options of a `CostModule` whose calls go to the stand-in, and its lines to `lines`. */
    options: (cost: NestOptions['cost'] = {}): CostModuleOptions & CostModuleExtras => ({
      baseUrls: [standIn.eden.url],
      rateCard: false,
      logger: (line: LogLine) => void lines.push(line),
      ...cost,
    }),
    /** An app of one module, before it starts. */
    async create(options: NestOptions): Promise<INestApplication> {
      const { cost, imports = [], importsBefore = [], prepare: _, middleware, ...metadata } = options;
      const module = CostModule.forRoot(this.options(cost));
      const root = Module({ ...metadata, imports: [...importsBefore, module, ...imports] });
      class AppModule {
        configure(consumer: MiddlewareConsumer) {
          middleware?.(consumer);
        }
      }
      root(AppModule);
      const app = await NestFactory.create(AppModule, ADAPTERS[platform](), {
        logger: false,
        forceCloseConnections: true,
        abortOnError: false,
      });
      apps.push(app);
      return app;
    },
    /** The same, started. */
    async serve(options: NestOptions): Promise<{ url: string; app: INestApplication }> {
      const app = await this.create(options);
      options.prepare?.(app);
      await app.listen(0, '127.0.0.1');
      return { url: (await app.getUrl()).replace('localhost', '127.0.0.1'), app };
    },
  };
}
