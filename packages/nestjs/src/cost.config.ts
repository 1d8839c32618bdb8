import { configureAdapter, OptionsError } from '@eden-cost/core';
import type { ExecutionContext } from '@nestjs/common';
import { nestLogger } from './cost.logger.js';
import type { CostConfig, CostModuleOptions } from './cost.options.js';
import { useMeter } from './cost.users.js';

/** @throws {OptionsError} `ERR_COST_OPTIONS` */
export function configure(options: CostModuleOptions): CostConfig {
  if (typeof options !== 'object' || options === null) throw new OptionsError('The options must be an object');
  const { problemJson = false, ...shared } = options;
  if (typeof problemJson !== 'boolean') throw new OptionsError('options.problemJson must be true or false');
  const configured = configureAdapter<ExecutionContext>(shared, nestLogger);
  return {
    ...configured,
    problemJson,
    release: useMeter(configured.meter, configured.budgets === undefined),
  };
}
