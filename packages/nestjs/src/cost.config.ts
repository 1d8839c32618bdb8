import { type AdapterOptions, configureAdapter, OptionsError } from '@eden-cost/core';
import type { ExecutionContext } from '@nestjs/common';
import type { ApplicationConfig } from '@nestjs/core';
import { nestLogger } from './cost.logger.js';
import type { CostConfig, CostModuleOptions } from './cost.options.js';
import { closeAbandoned, MeterUse } from './cost.users.js';

/** @throws {OptionsError} `ERR_COST_OPTIONS` */
export async function configure(options: CostModuleOptions, app: ApplicationConfig): Promise<CostConfig> {
  if (typeof options !== 'object' || options === null) throw new OptionsError('The options must be an object');
  const { problemJson = false, ...shared } = options;
  if (typeof problemJson !== 'boolean') throw new OptionsError('options.problemJson must be true or false');
  await closeAbandoned(app);
  const configured = configureAdapter(shared as AdapterOptions<ExecutionContext>, nestLogger);
  const working = configured.meter.ready().catch((error) => {
    if (error instanceof OptionsError) throw error; // one that cannot be reached yet is down, and no reason not to start
  });
  working.catch(() => {}); // until the module asks
  return {
    ...configured,
    working,
    labels: shared.labels,
    problemJson,
    use: new MeterUse(configured.meter, configured.budgets === undefined, app),
  };
}
