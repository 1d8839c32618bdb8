import type { ServerResponse } from 'node:http';
import {
  type DynamicModule,
  Inject,
  Module,
  type NestModule,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { APP_FILTER, APP_INTERCEPTOR, ApplicationConfig, HttpAdapterHost, ModulesContainer } from '@nestjs/core';
import { CostAdapter } from './cost.adapter.js';
import { configure } from './cost.config.js';
import { COST_CONFIG, COST_METER } from './cost.constants.js';
import { CostFilter } from './cost.filter.js';
import { checkHandlers, guardHandlers } from './cost.handlers.js';
import { CostInterceptor } from './cost.interceptor.js';
import { interceptMessages } from './cost.messages.js';
import {
  type ASYNC_OPTIONS_TYPE,
  COST_OPTIONS,
  ConfigurableModuleClass,
  type OPTIONS_TYPE,
} from './cost.module-definition.js';
import type { CostConfig } from './cost.options.js';
import { readModulePaths } from './cost.route.js';
import { CostService } from './cost.service.js';

/**
 * Meters all calls to Eden AI that this app makes: priced, attributed to the request, held to budgets, logged in one line
 * for each request; a denial that is left uncaught becomes a 402.
 */
@Module({
  providers: [
    { provide: COST_CONFIG, useFactory: configure, inject: [COST_OPTIONS, ApplicationConfig] },
    { provide: COST_METER, useFactory: ({ meter }: CostConfig) => meter, inject: [COST_CONFIG] },
    CostService,
    CostInterceptor,
    { provide: APP_INTERCEPTOR, useExisting: CostInterceptor },
    CostFilter,
    { provide: APP_FILTER, useExisting: CostFilter },
  ],
  exports: [COST_METER, CostService, CostAdapter, CostInterceptor],
})
export class CostModule
  extends ConfigurableModuleClass
  implements NestModule, OnModuleInit, OnApplicationBootstrap, OnApplicationShutdown
{
  readonly #leaveMessages: () => void;

  constructor(
    @Inject(COST_CONFIG) private readonly config: CostConfig,
    @Inject(ModulesContainer) private readonly modules: ModulesContainer,
    @Inject(CostAdapter) private readonly adapter: CostAdapter,
    @Inject(CostFilter) private readonly filter: CostFilter,
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
    @Inject(ApplicationConfig) private readonly app: ApplicationConfig,
    @Inject(CostInterceptor) interceptor: CostInterceptor,
  ) {
    super();
    this.#leaveMessages = interceptMessages(modules, interceptor);
  }

  /** @throws {OptionsError} `ERR_COST_OPTIONS`, when the app starts */
  static override forRoot(options: typeof OPTIONS_TYPE = {}): DynamicModule {
    return super.forRoot(options);
  }

  /** With `useFactory`, `useClass` or `useExisting`. */
  static override forRootAsync(options: typeof ASYNC_OPTIONS_TYPE): DynamicModule {
    return super.forRootAsync(options);
  }

  /**
   * Nest calls this of all modules before it puts the middleware of any in place, and before it makes routes. Only a
   * middleware can run guards, interceptors, handlers and filters inside a scope; as one of this module's, it would come
   * after the app's own in Nest 10, and with `isGlobal: false` in all.
   */
  configure(): void {
    this.config.use.starts();
    guardHandlers(this.modules);
    readModulePaths(this.modules);
    this.app.useGlobalFilters(this.filter); // after those of the app: the last is asked first
    this.host.httpAdapter.use((request: object, response: ServerResponse, next: () => void) =>
      this.adapter.enter(request, response, next),
    );
  }

  async onModuleInit(): Promise<void> {
    this.config.use.starts();
    try {
      checkHandlers(this.modules, this.config.meter);
      await this.config.working;
    } catch (error) {
      await this.config.use.release(); // an app that does not start leaves nothing behind
      throw error;
    }
  }

  onApplicationBootstrap(): void {
    this.config.use.started();
  }

  /** After the last request: `onModuleDestroy` comes while there still are some. */
  async onApplicationShutdown(): Promise<void> {
    this.#leaveMessages();
    await this.config.use.release();
  }
}
