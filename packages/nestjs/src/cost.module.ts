import * as nest from '@nestjs/common';
import {
  type DynamicModule,
  Inject,
  type MiddlewareConsumer,
  Module,
  type NestModule,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { APP_FILTER, APP_INTERCEPTOR, ModulesContainer } from '@nestjs/core';
import { CostAdapter } from './cost.adapter.js';
import { configure } from './cost.config.js';
import { COST_CONFIG, COST_METER } from './cost.constants.js';
import { CostFilter } from './cost.filter.js';
import { checkHandlers, guardHandlers } from './cost.handlers.js';
import { CostInterceptor } from './cost.interceptor.js';
import { CostMiddleware } from './cost.middleware.js';
import {
  type ASYNC_OPTIONS_TYPE,
  COST_OPTIONS,
  ConfigurableModuleClass,
  type OPTIONS_TYPE,
} from './cost.module-definition.js';
import type { CostConfig } from './cost.options.js';
import { CostService } from './cost.service.js';

/** Nest 11 and 12 warn of `*` when there is a global prefix; in Nest 10 `{*path}` is no wildcard. */
const EVERY_ROUTE = 'ParseDatePipe' in nest ? '{*path}' : '*';

/**
 * Meters all calls to Eden AI that this app makes: priced, attributed to the request, held to budgets, logged in one line
 * for each request; a denial that is left uncaught becomes a 402.
 */
@Module({
  providers: [
    { provide: COST_CONFIG, useFactory: configure, inject: [COST_OPTIONS] },
    { provide: COST_METER, useFactory: ({ meter }: CostConfig) => meter, inject: [COST_CONFIG] },
    CostService,
    CostInterceptor,
    { provide: APP_INTERCEPTOR, useExisting: CostInterceptor },
    CostFilter,
    { provide: APP_FILTER, useExisting: CostFilter },
  ],
  exports: [COST_METER, CostService, CostAdapter, CostInterceptor],
})
export class CostModule extends ConfigurableModuleClass implements NestModule, OnModuleInit, OnApplicationShutdown {
  constructor(
    @Inject(COST_CONFIG) private readonly config: CostConfig,
    @Inject(ModulesContainer) private readonly modules: ModulesContainer,
  ) {
    super();
  }

  /** @throws {OptionsError} `ERR_COST_OPTIONS`, when the app starts */
  static override forRoot(options: typeof OPTIONS_TYPE = {}): DynamicModule {
    return super.forRoot(options);
  }

  /** With `useFactory`, `useClass` or `useExisting`. */
  static override forRootAsync(options: typeof ASYNC_OPTIONS_TYPE): DynamicModule {
    return super.forRootAsync(options);
  }

  configure(consumer: MiddlewareConsumer): void {
    guardHandlers(this.modules);
    consumer.apply(CostMiddleware).forRoutes(EVERY_ROUTE);
  }

  async onModuleInit(): Promise<void> {
    try {
      checkHandlers(this.modules, this.config.meter);
    } catch (error) {
      await this.#close(); // an app that does not start leaves nothing behind
      throw error;
    }
  }

  /** After the last request: `onModuleDestroy` comes while there still are some. */
  async onApplicationShutdown(): Promise<void> {
    await this.#close();
  }

  async #close(): Promise<void> {
    if (this.config.ownsMeter) await this.config.meter.close();
  }
}
