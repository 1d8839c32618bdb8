import { ConfigurableModuleBuilder, type Type } from '@nestjs/common';
import { CostAdapter } from './cost.adapter.js';
import type { CostModuleOptions } from './cost.options.js';

/** Given beside the options, and never asynchronous. */
export interface CostModuleExtras {
  /** Whether `CostService` and the meter can be injected everywhere. Default true. */
  isGlobal?: boolean;
  /** Extends {@link CostAdapter}, to change how requests are found and what is thrown. */
  adapter?: Type<CostAdapter>;
}

export const {
  ConfigurableModuleClass,
  MODULE_OPTIONS_TOKEN: COST_OPTIONS,
  OPTIONS_TYPE,
  ASYNC_OPTIONS_TYPE,
} = new ConfigurableModuleBuilder<CostModuleOptions>({ moduleName: 'Cost' })
  .setClassMethodName('forRoot')
  .setFactoryMethodName('createCostOptions')
  .setExtras<CostModuleExtras>(
    { isGlobal: true, adapter: CostAdapter },
    (definition, { isGlobal = true, adapter = CostAdapter }) => ({
      ...definition,
      global: isGlobal,
      providers: [...(definition.providers ?? []), { provide: CostAdapter, useClass: adapter }],
    }),
  )
  .build();
